// SPDX-License-Identifier: 0BSD
// What only a scripted server can be made to do: hostile words, a token, many stories, a crossed move, a crash before the answer.
import assert from "node:assert/strict";
import { MockServer } from "./browser.mjs";
import { ready } from "./journey_steps.mjs";

async function withServer(test, options, run) {
  const server = new MockServer(...options);
  const context = await test.browser.newContext({ viewport: { width: 1280, height: 800 } });
  try {
    await server.start();
    const page = await context.newPage();
    await page.goto(server.url);
    await run(page, server, context);
  } finally {
    await context.close();
    server.close();
  }
}

async function begin(page, waitMs) {
  await page.fill("#prompt", "The last train stopped.");
  await page.click("#begin");
  await ready(page, waitMs);
  return Number(/#\/story\/(\d+)/.exec(page.url())[1]);
}

const state = (page, story) => page.evaluate(async (id) => (await fetch(`/api/v1/stories/${id}`)).json(), story);

export async function mockOnly(test) {
  const { check, shot, waitMs } = test;
  await check("a hostile story stays text", () => withServer(test, ["--hostile", "--token-ms", "2"], async (page) => {
    await begin(page, waitMs);
    await page.keyboard.press("2");
    await page.waitForFunction(() => document.querySelector(".manuscript").textContent.includes("window.hacked"), null, { timeout: waitMs });
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    assert.equal(await page.locator("main img, main script").count(), 0);
  }));
  await check("a locked server asks for its token, once", () => withServer(test, ["--token", "open-sesame", "--token-ms", "2"], async (page) => {
    await page.waitForSelector("input[type='password']");
    await shot(page, "token-1280-light");
    await page.fill("input[type='password']", "wrong");
    await page.click("text=Open");
    await page.waitForSelector("[role='alert']");
    await page.fill("input[type='password']", "open-sesame");
    await page.click("text=Open");
    await begin(page, waitMs);
    await page.reload();
    await ready(page, waitMs);
  }));
  await check("two hundred stories are all in the list", () => withServer(test, ["--stories", "200"], async (page) => {
    await page.waitForSelector(".shelf li >> nth=49");
    for (let i = 0; i < 20 && (await page.locator(".shelf li").count()) < 200; ++i) {
      await page.locator(".shelf-list").evaluate((list) => list.scrollTo(0, list.scrollHeight));
      await page.waitForTimeout(150);
    }
    assert.equal(await page.locator(".shelf li").count(), 200);
  }));
  await check("words written while somebody else moved the story are still in the box (409)", () => withServer(test, ["--token-ms", "2"], async (page) => {
    const story = await begin(page, waitMs);
    let isFirst = true;
    await page.route("**/choices", async (route) => {
      if (!isFirst) return route.continue();
      isFirst = false;
      await fetch(`${new URL(page.url()).origin}/api/v1/stories/${story}/passages`, { method: "POST", body: JSON.stringify({ parent: 0, text: " Somebody else wrote.", origin: "written" }) });
      await route.continue();
    });
    await page.fill("#own-words", "My own words.");
    await page.keyboard.press("Control+Enter");
    await page.waitForSelector(".notice.trouble");
    assert.equal(await page.inputValue("#own-words"), "My own words.");
    await page.reload();
    await page.waitForSelector(".manuscript");
    assert.equal(await page.inputValue("#own-words"), "My own words.");
  }));
  await check("an edit whose card is gone is shown and kept", () => withServer(test, ["--token-ms", "2"], async (page) => {
    const story = await begin(page, waitMs);
    await page.click("[aria-label^='Edit 1, then']");
    await page.fill(".card textarea", "Half a thought");
    await page.evaluate(async (id) => fetch(`/api/v1/stories/${id}/passages`, { method: "POST", body: JSON.stringify({ parent: 0, text: " Elsewhere.", origin: "written" }) }), story);
    await page.click(".stranded > button");
    assert.match(await page.locator(".stranded").innerText(), /Half a thought/);
  }));
  await check("the answer is lost after the server did it: sent again, done once", () => withServer(test, ["--token-ms", "2"], async (page) => {
    const story = await begin(page, waitMs);
    let sent = 0;
    await page.route("**/choices", async (route) => {
      if (++sent > 1) return route.continue();
      await route.fetch();
      await route.abort("connectionreset");
    });
    await page.fill("#own-words", "Only once.");
    await page.keyboard.press("Control+Enter");
    await ready(page, waitMs);
    await page.waitForFunction(() => JSON.parse(localStorage.getItem("fabula.letters") ?? "[]").length === 0, null, { timeout: waitMs });
    const now = await state(page, story);
    assert.equal(now.passages.filter((each) => each.text.includes("Only once.")).length, 1);
    assert.ok(sent >= 2);
  }));
  await check("a page that crashed before the answer sends it again when it is opened", () => withServer(test, ["--token-ms", "2"], async (page, server, context) => {
    const story = await begin(page, waitMs);
    await page.route("**/choices", (route) => route.abort("connectionreset"));
    await page.fill("#own-words", "From before the crash.");
    await page.keyboard.press("Control+Enter");
    await page.waitForSelector(".notice.trouble");
    await page.close();
    const again = await context.newPage();
    await again.goto(`${server.url}/#/story/${story}`);
    await again.waitForFunction(() => document.querySelector(".manuscript")?.textContent.includes("From before the crash."), null, { timeout: waitMs });
    assert.equal((await state(again, story)).passages.length, 2);
    await again.waitForFunction(() => document.querySelector("#own-words").value === "", null, { timeout: waitMs });
  }));
  await check("eight ways on, and one", () => withServer(test, ["--token-ms", "2"], async (page) => {
    await page.evaluate(() => localStorage.setItem("fabula.setup", JSON.stringify({ candidates: 8 })));
    await page.reload();
    await page.fill("#prompt", "Eight doors.");
    await page.click("#begin");
    await ready(page, waitMs, 8);
    await shot(page, "eight-1280-light");
    await page.keyboard.press("8");
    await page.waitForFunction(() => document.querySelectorAll(".passage").length > 1, null, { timeout: waitMs });
  }));
  await check("the page on a phone takes with a tap and swipes between cards", () => withServer(test, ["--token-ms", "2"], async (page, server) => {
    const phone = await test.browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
    const own = await phone.newPage();
    await own.goto(server.url);
    await own.tap(".opening >> nth=0");
    await own.tap("#begin");
    await ready(own, waitMs);
    await own.tap(".dots button >> nth=2");
    await own.waitForFunction(() => document.querySelectorAll(".dots button")[2].getAttribute("aria-current") === "true");
    await own.tap("[aria-label='Take 3']");
    await own.waitForFunction(() => document.querySelectorAll(".passage").length > 1, null, { timeout: waitMs });
    await shot(own, "phone-390-light");
    await phone.close();
  }));
  await check("a tree of a thousand passages is drawn a screen at a time", () => withServer(test, ["--token-ms", "0"], async (page) => {
    const story = await begin(page, waitMs);
    await page.click(".word");
    await page.waitForSelector("#prompt");
    await page.evaluate(async (id) => {
      for (let i = 0, parent = 0; i < 1000; ++i) {
        const answer = await (await fetch(`/api/v1/stories/${id}/passages`, { method: "POST", body: JSON.stringify({ parent, text: ` Step ${i}.`, origin: "written" }) })).json();
        parent = answer.passage.id;
      }
    }, story);
    await page.evaluate((id) => (location.hash = `#/story/${id}`), story);
    await page.waitForFunction(() => document.querySelector(".manuscript")?.textContent.includes("Step 999."), null, { timeout: waitMs });
    assert.ok((await page.locator(".node").count()) < 200);
    const started = Date.now();
    await page.locator(".tree-box").evaluate((box) => box.scrollTo(0, 0));
    await page.waitForSelector("#node-p0");
    assert.ok(Date.now() - started < 5000);
    await shot(page, "thousand-1280-light");
  }));
}
