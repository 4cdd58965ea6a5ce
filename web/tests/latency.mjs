// SPDX-License-Identifier: 0BSD
// How long a writer waits, in a browser at the server at $FABULA_URL: the median of $FABULA_ROUNDS (20) of
// (a) the click that asks for ways on, the story's prompt computed before, to the first words on the screen;
// (b) ten seconds of reading after an offer is complete, then taking one, to words in all of the next cards.
// Prints one line of JSON, milliseconds.
import { launch } from "./browser.mjs";
import { ready } from "./journey_steps.mjs";

const rounds = Number(process.env.FABULA_ROUNDS ?? 20);
const readingMs = Number(process.env.FABULA_READING_MS ?? 10000);
const url = process.env.FABULA_URL?.replace(/\/$/, "");
if (!url) {
  console.error("latency: set FABULA_URL to the address of a running server");
  process.exit(2);
}
const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** Resolves inside the page: milliseconds from now, with the action done at once, until `wanted` cards of the new place have words. */
const timed = (page, action, wanted) => page.evaluate(([what, cards]) => new Promise((done, fail) => {
  const words = () => [...document.querySelectorAll(".deck .card .body")].filter((each) => each.textContent.trim() !== "").length;
  const passages = () => document.querySelectorAll(".passage").length;
  const before = passages();
  const step = document.querySelector(".step span")?.textContent;
  const start = performance.now();
  document.querySelector(what).click();
  const isNew = () => what === "#ways-on" || what === "#all-anew" || (passages() > before && document.querySelector(".step span")?.textContent !== step);
  let isCleared = what !== "#all-anew";
  const look = () => {
    if (!isCleared && words() === 0) isCleared = true;
    if (isCleared && isNew() && words() >= cards) return requestAnimationFrame(() => done(performance.now() - start));
    if (performance.now() - start > 120000) return fail(new Error("no words within two minutes"));
    requestAnimationFrame(look);
  };
  look();
}), [action, wanted]);

const browser = await launch();
const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
const waitMs = 120000;
await page.goto(url);
if (process.env.FABULA_TOKEN) {
  await page.fill("input[type='password']", process.env.FABULA_TOKEN);
  await page.click("text=Open");
}
await page.fill("#prompt", "Once upon a time, a lighthouse keeper found a door under the sea. It was old, and it was not locked.");
await page.click("#begin");
await ready(page, waitMs);

const first = [];
for (let i = 0; i < rounds; ++i) {
  first.push(await timed(page, "#all-anew", 1));
  await ready(page, waitMs);
  await page.waitForSelector("#all-anew", { timeout: waitMs });
}
const ahead = [];
for (let i = 0; i < rounds; ++i) {
  await page.waitForTimeout(readingMs);
  ahead.push(await timed(page, `[aria-label="Take ${1 + (i % 3)}"]`, 3));
  await ready(page, waitMs);
}
await browser.close();
console.log(JSON.stringify({
  rounds, reading_ms: readingMs,
  first_words_ms: { median: Math.round(median(first)), worst: Math.round(Math.max(...first)) },
  next_three_ms: { median: Math.round(median(ahead)), worst: Math.round(Math.max(...ahead)), each: ahead.map(Math.round) },
}));
