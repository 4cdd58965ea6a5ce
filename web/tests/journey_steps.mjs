// SPDX-License-Identifier: 0BSD
// What must work against any server that keeps docs/formats/http.md. No words of a model are assumed.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const complete = ".deck .card[data-complete='true']";
const count = (page, selector) => page.locator(selector).count();
const manuscript = (page) => page.locator(".manuscript").innerText();
const bodyOf = (page, place) => page.locator(`.deck .card >> nth=${place} >> .body`).innerText();

export async function ready(page, waitMs, ways = 3) {
  await page.waitForFunction(([selector, wanted]) => {
    const cards = document.querySelectorAll(".deck .card").length;
    return cards === wanted && document.querySelectorAll(selector).length === wanted;
  }, [complete, ways], { timeout: waitMs });
}

const state = async (page, story) => page.evaluate(async (id) => (await fetch(`/api/v1/stories/${id}`)).json(), story);
const moreOffers = (page, story, than, waitMs) => until(page, story, (now) => now.offers.length > than, waitMs);
/** Asks the server until the story is so. */
async function until(page, story, isSo, waitMs) {
  for (const end = Date.now() + waitMs; !isSo(await state(page, story)); await page.waitForTimeout(100))
    if (Date.now() > end) throw new Error(`the server's story did not become so within ${waitMs} ms: ${isSo}`);
}
const storyOf = (page) => Number(/#\/story\/(\d+)/.exec(page.url())?.[1]);
const plain = (text) => text.replace(/\s+/g, " ").trim();

export async function journey({ server, context, page, check, shot, axe, waitMs, isMock, troubles }) {
  let story = 0;
  await check("the first visit is an empty desk with a line to write in and four openings", async () => {
    await page.goto(server.url);
    await page.waitForSelector("#prompt");
    assert.equal(await count(page, ".opening"), 4);
    await shot(page, "empty-1280-light");
  });
  await check("a typed opening survives a reload", async () => {
    await page.fill("#prompt", "Once upon a time, a lighthouse keeper found a door under the sea.");
    await page.reload();
    assert.match(await page.inputValue("#prompt"), /lighthouse keeper/);
  });
  await check("beginning shows three places, and words stream into them", async () => {
    await page.click("#begin");
    await page.waitForSelector(".deck .card >> nth=2", { timeout: waitMs });
    story = storyOf(page);
    assert.ok(story > 0);
    await page.waitForFunction(() => [...document.querySelectorAll(".deck .body")].some((each) => each.textContent.trim().length > 8), null, { timeout: waitMs });
    await shot(page, "stream-1280-light");
  });
  await check("cards do not move while they are written", async () => {
    const places = () => page.evaluate(() => [...document.querySelectorAll(".deck .card")].map((each) => { const box = each.getBoundingClientRect(); return [box.x, box.y, box.width, box.height].map(Math.round).join(); }).join(" "));
    const before = await places();
    await page.waitForTimeout(300);
    assert.equal(await places(), before);
    await ready(page, waitMs);
    assert.equal(await places(), before);
  });
  await check("each card tells its settings and why", async () => {
    await page.click("[aria-label^='Why 1 is so']");
    assert.match(await page.locator(".card .why >> nth=0").innerText(), /temperature/);
    await page.click("[aria-label^='Why 1 is so']");
  });
  await check("one is drawn again in its place, the others stay", async () => {
    const before = await Promise.all([0, 1, 2].map((place) => bodyOf(page, place)));
    await page.click("[aria-label='Draw 2 again']");
    await until(page, story, (now) => now.offers[0].candidates.length === 4, waitMs);
    await ready(page, waitMs);
    assert.equal(await bodyOf(page, 0), before[0]);
    assert.equal(await bodyOf(page, 2), before[2]);
    const offer = (await state(page, story)).offers[0];
    assert.equal(offer.candidates.length, 4);
    assert.equal(offer.slots[1], 3);
  });
  await check("all are drawn anew, the first draw stays reachable", async () => {
    await page.click("#all-anew");
    await moreOffers(page, story, 1, waitMs);
    await ready(page, waitMs);
    await page.waitForSelector(".earlier select");
    assert.equal((await state(page, story)).offers.length, 2);
  });
  await check("a rating and its reason arrive", async () => {
    await page.click("[aria-label='Good: 1']");
    await page.click(".card .reasons >> text=style");
    await until(page, story, (now) => now.ratings.some((each) => each.rating === 1 && each.reason === "style"), waitMs);
  });
  await check("a key takes, the text stands in the manuscript, the next three come by themselves", async () => {
    const text = plain(await bodyOf(page, 0));
    await page.keyboard.press("1");
    await page.waitForFunction((wanted) => document.querySelector(".manuscript").textContent.replace(/\s+/g, " ").includes(wanted), text.slice(0, 40), { timeout: waitMs });
    await ready(page, waitMs);
    const now = await state(page, story);
    assert.equal(now.passages.length, 2);
    assert.equal(now.choices.filter((each) => each.index !== null).length, 1);
  });
  await check("the reason for a choice is kept", async () => {
    await page.click(".writing-place > .reasons >> text=turn of the story");
    await until(page, story, (now) => now.ratings.some((each) => each.reason === "turn of the story"), waitMs);
  });
  await check("an edit survives a reload and is taken as edited", async () => {
    await page.keyboard.press("e");
    await page.waitForSelector(".card textarea");
    await page.fill(".card textarea", " A door of green wood, and behind it music.");
    await page.reload();
    await ready(page, waitMs);
    await page.waitForSelector("text=your change is kept");
    await page.keyboard.press("1"); // is not taken without the change
    assert.match(await page.inputValue(".card textarea"), /green wood/);
    await page.click("text=Take as edited");
    await page.waitForFunction(() => document.querySelector(".manuscript").textContent.includes("green wood"), null, { timeout: waitMs });
    assert.ok((await state(page, story)).passages.some((each) => each.origin === "edited"));
    await ready(page, waitMs);
  });
  await check("a step back and on again", async () => {
    const before = (await state(page, story)).head;
    await page.keyboard.press("u");
    await page.waitForFunction(() => !document.querySelector(".manuscript").textContent.includes("green wood"), null, { timeout: waitMs });
    await page.keyboard.press("g");
    await page.waitForSelector("[role='tree']:focus");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelector(".manuscript").textContent.includes("green wood"), null, { timeout: waitMs });
    assert.equal((await state(page, story)).head, before);
  });
  await check("a branch is opened from the tree, the old one stays", async () => {
    await page.keyboard.press("g");
    await page.waitForSelector("[role='tree']:focus");
    const before = (await state(page, story)).passages.length;
    await page.click(".node.left >> nth=0");
    await page.waitForSelector(".tree-here .text");
    assert.equal((await state(page, story)).passages.length, before); // looked at, not taken
    await page.click("text=Take it there");
    await until(page, story, (now) => now.passages.length > before, waitMs);
    const now = await state(page, story);
    assert.ok(now.passages.filter((each) => each.parent === 0).length >= 2);
    await ready(page, waitMs);
    await shot(page, "branch-1280-light");
  });
  await check("two marked passages are compared side by side", async () => {
    await page.keyboard.press("g");
    await page.waitForSelector("[role='tree']:focus");
    await page.keyboard.press("c");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("c");
    await page.waitForSelector("dialog[open] .compared section >> nth=1");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog[open]", { state: "detached" });
  });
  await check("own words are put down with a space before them", async () => {
    await page.fill("#own-words", "Then he knocked three times.");
    await page.keyboard.press("Control+Enter");
    await page.waitForFunction(() => document.querySelector(".manuscript").textContent.includes("Then he knocked three times."), null, { timeout: waitMs });
    const { passages, head } = await state(page, story);
    const written = passages.find((each) => each.id === head);
    assert.match(passages.find((each) => each.id === written.parent).text + written.text, /\sThen he knocked three times\.$/);
    assert.equal(await page.inputValue("#own-words"), "");
    await ready(page, waitMs);
  });
  await check("memory and author's note arrive", async () => {
    await page.keyboard.press("Escape");
    await page.keyboard.press("m");
    await page.fill(".notes textarea >> nth=0", "The keeper is called Tam.");
    await page.fill(".notes textarea >> nth=1", "Quieter now.");
    await until(page, story, ({ notes }) => notes.memory.includes("Tam") && notes.author_note === "Quieter now.", waitMs);
  });
  await check("settings: a mood, a dial, a list, a preset that is kept and thrown away", async () => {
    await page.click("#tab-settings");
    await page.click(".chip >> text=calm");
    await page.fill("[aria-label='Length as a number']", "24");
    await page.click(".all-settings summary");
    await page.fill(".all-settings input[type='search']", "bad_words");
    await page.fill(".field textarea", "suddenly");
    await page.locator(".field textarea").blur();
    await page.fill("[aria-label='Name for these settings']", "page test");
    await page.click("text=Keep as preset");
    await page.waitForSelector(".chip >> text=page-test", { timeout: waitMs });
    const presets = await page.evaluate(async () => (await (await fetch("/api/v1/presets")).json()).presets);
    const kept = presets.find((each) => each.name === "page-test").settings;
    assert.equal(kept.max_new_tokens, 24);
    assert.deepEqual(kept.bad_words, ["suddenly"]);
    const drawn = (await state(page, story)).offers.length;
    await page.click("#all-anew");
    await moreOffers(page, story, drawn, waitMs);
    await ready(page, waitMs);
    const offers = (await state(page, story)).offers;
    assert.equal(offers[offers.length - 1].candidates[0].settings.max_new_tokens, 24);
    await page.click("[aria-label='Delete the preset page-test']");
    await page.waitForSelector(".chip >> text=page-test", { state: "detached", timeout: waitMs });
    await page.click("text=Everything back to the desk's own");
  });
  await check("a reload in mid-stream loses nothing", async () => {
    await page.click("[aria-label='Take 1']");
    await page.waitForSelector(".card.writing", { timeout: waitMs });
    await page.reload();
    await ready(page, waitMs);
    const now = await state(page, story);
    assert.equal(now.offers.filter((each) => each.parent === now.head).length, 1);
  });
  await check("a second tab follows", async () => {
    const second = await context.newPage();
    await second.goto(`${server.url}/#/story/${story}`);
    await ready(second, waitMs);
    const text = plain(await bodyOf(page, 1)).slice(0, 40);
    await page.bringToFront();
    await page.keyboard.press("2");
    await second.waitForFunction((wanted) => document.querySelector(".manuscript").textContent.replace(/\s+/g, " ").includes(wanted), text, { timeout: waitMs });
    await ready(second, waitMs);
    await ready(page, waitMs);
    assert.equal(plain(await manuscript(second)), plain(await manuscript(page)));
    await second.close();
  });
  await check("the server is killed and comes back: it is said, what was typed is there, nothing doubles", async () => {
    if (!isMock && !server.canRestart) return "skip";
    const before = await state(page, story);
    await page.fill("#own-words", "He would remember this evening.");
    // It is started again only when the page has said so and has something to send: however fast the server is back.
    await server.kill();
    await page.waitForSelector(".link-note.lost", { timeout: waitMs });
    await page.click("text=Put it in the story");
    await page.waitForFunction(() => JSON.parse(localStorage.getItem("fabula.letters") ?? "[]").length === 1, null, { timeout: waitMs });
    await server.start();
    await page.waitForFunction(() => document.querySelector(".manuscript").textContent.includes("remember this evening"), null, { timeout: waitMs });
    await ready(page, waitMs);
    const now = await state(page, story);
    assert.equal(now.passages.length, before.passages.length + 1);
    assert.equal(await page.evaluate(() => JSON.parse(localStorage.getItem("fabula.letters") ?? "[]").length), 0);
    assert.equal(await page.inputValue("#own-words"), "");
  });
  await check("numbers are plots with named axes", async () => {
    await page.click("#tab-numbers");
    await page.waitForSelector(".chart svg", { timeout: waitMs });
    assert.match(await page.locator(".chart >> nth=0").innerText(), /step|draw/);
  });
  await check("export: text, Markdown and JSON are files with the story in them", async () => {
    for (const [name, sign] of [["Text", "lighthouse keeper"], ["Markdown", "lighthouse keeper"], ["JSON, with everything", "fabula-story"]]) {
      await page.click("[aria-label^='More:']");
      const [file] = await Promise.all([page.waitForEvent("download"), page.click(`.menu-list >> text=${name}`)]);
      assert.ok(readFileSync(await file.path(), "utf8").includes(sign), name);
    }
  });
  await check("the list finds the story by a word of its text", async () => {
    if ((await count(page, ".shelf")) === 0) await page.click("[aria-label='Stories']");
    await page.fill("[aria-label='Find a story']", "remember this evening");
    await page.waitForSelector(`.shelf a[href='#/story/${story}']`, { timeout: waitMs });
    await page.fill("[aria-label='Find a story']", "");
  });
  for (const scheme of ["light", "dark"]) for (const width of [1280, 390]) {
    await check(`nothing serious for axe, nothing wider than the screen: ${width}, ${scheme}`, async () => {
      const own = await context.browser().newContext({ viewport: { width, height: width === 390 ? 844 : 800 }, colorScheme: scheme, reducedMotion: "reduce", hasTouch: width === 390, storageState: await context.storageState() });
      const seen = await own.newPage();
      const found = [];
      for (const [name, hash] of [["empty", ""], ["desk", `story/${story}`], ["tree", `story/${story}/tree`], ["settings", `story/${story}/settings`], ["notes", `story/${story}/notes`], ["numbers", `story/${story}/numbers`]]) {
        await seen.goto(`${server.url}/#/${hash}`);
        await seen.waitForSelector(name === "empty" ? "#prompt" : name === "desk" ? ".manuscript" : ".leaf > *", { timeout: waitMs });
        if (name === "settings") await seen.click(".all-settings summary");
        await seen.waitForTimeout(name === "numbers" ? 1200 : 400);
        found.push(...(await axe(seen)).map((each) => `${name}: ${each}`));
        const over = await seen.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (over > 0) found.push(`${name}: ${over} pixels wider than the screen`);
        if (name === "settings") await seen.click(".all-settings summary");
        await shot(seen, `${name}-${width}-${scheme}`);
      }
      await own.close();
      assert.ok(found.length === 0, found.join("\n"));
    });
  }
  await check("no error on the page's console", async () => assert.deepEqual(troubles, []));
}
