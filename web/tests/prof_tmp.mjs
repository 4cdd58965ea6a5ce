import { launch } from "./browser.mjs";
import { ready } from "./journey_steps.mjs";
import { readFileSync, readdirSync } from "node:fs";
const url=process.env.FABULA_URL;
const b=await launch(); const ctx=await b.newContext({viewport:{width:1280,height:800}}); const page=await ctx.newPage();
const dir="/tmp/lat/webout/assets/"; const js=readdirSync(dir).find(f=>f.endsWith(".js"));
if(!process.env.MIN) await page.route("**/assets/*.js",r=>r.fulfill({contentType:"text/javascript",body:readFileSync(dir+js)}));
await page.goto(url); await page.fill("#prompt","Once upon a time, a lighthouse keeper found a door under the sea. It was old, and it was not locked."); await page.click("#begin"); await ready(page,120000);
const cdp=await ctx.newCDPSession(page); await cdp.send("Profiler.enable"); await cdp.send("Profiler.setSamplingInterval",{interval:200});
const self={}, tot={}; const times=[];
for(let i=0;i<Number(process.env.N??4);i++){ await page.waitForTimeout(7000);
 await cdp.send("Profiler.start");
 const t=await page.evaluate(([w])=>new Promise(done=>{ const t=performance.now(); 
  const n=document.querySelectorAll(".passage").length; const step=document.querySelector(".step span")?.textContent;
  document.querySelector(w).click(); 
  const look=()=>{ const words=[...document.querySelectorAll(".deck .card .body")].filter(e=>e.textContent.trim()!=="").length;
   if(document.querySelectorAll(".passage").length>n && document.querySelector(".step span")?.textContent!==step && words>=3){return requestAnimationFrame(()=>done(performance.now()-t));}
   requestAnimationFrame(look)}; look(); }),[`[aria-label="Take ${"ABC"[i%3]}"]`]);
 const {profile}=await cdp.send("Profiler.stop"); times.push(Math.round(t));
 const byId=new Map(profile.nodes.map(n=>[n.id,n])); const parent=new Map(); for(const n of profile.nodes) for(const c of n.children??[]) parent.set(c,n.id);
 for(let k=0;k<profile.samples.length;k++){ let id=profile.samples[k]; const d=profile.timeDeltas[k]/1000; const seen=new Set(); const nm=x=>x.callFrame.functionName||"(anon):"+x.callFrame.lineNumber;
  self[nm(byId.get(id))]=(self[nm(byId.get(id))]??0)+d;
  while(id!==undefined){const n=nm(byId.get(id)); if(!seen.has(n)){seen.add(n); tot[n]=(tot[n]??0)+d;} id=parent.get(id);} }
 await ready(page,120000); }
await b.close();
const N=times.length; console.log(times.join(" "));
const top=(o,k)=>Object.entries(o).sort((a,b)=>b[1]-a[1]).slice(0,k).map(([n,v])=>`${(v/N).toFixed(1)} ${n}`).join("\n");
console.log("SELF ms/round\n"+top(self,25)); console.log("TOTAL\n"+top(tot,60));
