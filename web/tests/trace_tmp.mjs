import { launch } from "./browser.mjs";
import { ready } from "./journey_steps.mjs";
const url=process.env.FABULA_URL;
const b=await launch(); const ctx=await b.newContext({viewport:{width:1280,height:800}}); const page=await ctx.newPage();
await page.goto(url); await page.fill("#prompt","Once upon a time, a lighthouse keeper found a door under the sea. It was old, and it was not locked."); await page.click("#begin"); await ready(page,120000);
const cdp=await b.newBrowserCDPSession(); 
for(let i=0;i<2;i++){ await page.waitForTimeout(7000);
 const ev=[]; cdp.removeAllListeners?.("Tracing.dataCollected"); cdp.on("Tracing.dataCollected",e=>ev.push(...e.value));
 await cdp.send("Tracing.start",{transferMode:"ReportEvents",traceConfig:{includedCategories:["devtools.timeline","disabled-by-default-devtools.timeline","blink.user_timing","cc","viz"]}});
 await page.waitForTimeout(300);
 const t=await page.evaluate(([w])=>new Promise(done=>{ const t=performance.now(); performance.mark("T0");
  const n=document.querySelectorAll(".passage").length; const step=document.querySelector(".step span")?.textContent;
  document.querySelector(w).click(); 
  const look=()=>{ const words=[...document.querySelectorAll(".deck .card .body")].filter(e=>e.textContent.trim()!=="").length;
   if(document.querySelectorAll(".passage").length>n && document.querySelector(".step span")?.textContent!==step && words>=3){return requestAnimationFrame(()=>{performance.mark("T1");done(performance.now()-t)});}
   requestAnimationFrame(look)}; look(); }),[`[aria-label="Take ${"ABC"[i%3]}"]`]);
 const fin=new Promise(r=>cdp.once("Tracing.tracingComplete",r)); await cdp.send("Tracing.end"); await fin;
 const t0=ev.find(e=>e.name==="T0"), t1=ev.find(e=>e.name==="T1");
 console.log("== ",Math.round(t));
 if(t0&&t1){ const tid=t0.tid,pid=t0.pid; 
  const on=ev.filter(e=>e.ph==="X"&&e.pid===pid&&e.tid===tid&&e.ts>=t0.ts-1000&&e.ts<=t1.ts&&e.dur>700);
  on.sort((a,b)=>a.ts-b.ts); for(const e of on) console.log(((e.ts-t0.ts)/1000).toFixed(1).padStart(7),(e.dur/1000).toFixed(1).padStart(6),e.name,JSON.stringify(e.args?.data??e.args??{}).slice(0,110));
  const oth={}; for(const e of ev) if(e.ph==="X"&&!(e.pid===pid&&e.tid===tid)&&e.ts>=t0.ts&&e.ts<=t1.ts){const k=e.pid===pid?"r:"+e.name:"o:"+e.name; oth[k]=(oth[k]??0)+e.dur/1000;} console.log(Object.entries(oth).sort((a,b)=>b[1]-a[1]).slice(0,12).map(([k,v])=>k+" "+v.toFixed(1)).join(" | "));
 }
 await ready(page,120000); }
await b.close();
