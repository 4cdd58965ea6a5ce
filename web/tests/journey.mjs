// SPDX-License-Identifier: 0BSD
// The page as a writer uses it, in Chromium: `--mock` against tests/mock, else against the server at $FABULA_URL ($FABULA_TOKEN,
// $FABULA_KILL, $FABULA_START). Each check is a line; $FABULA_SHOTS is a folder for pictures. Ends with "N passed, N failed, N skipped".
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { findChromium, launch, MockServer, RealServer } from "./browser.mjs";
import { journey } from "./journey_steps.mjs";
import { mockOnly } from "./mock_steps.mjs";

const isMock = process.argv.includes("--mock");
if (!findChromium()) {
  console.log("no chromium is installed: set CHROMIUM or install the package chromium\n0 passed, 0 failed, 1 skipped");
  process.exit(process.env.CI ? 1 : 0);
}
if (!isMock && !process.env.FABULA_URL) {
  console.error("journey: set FABULA_URL to the address of a running server, for example http://127.0.0.1:8080");
  process.exit(2);
}
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const only = process.env.FABULA_ONLY ? new RegExp(process.env.FABULA_ONLY) : null; // checks by name
const counts = { passed: 0, failed: 0, skipped: 0 };
const shots = process.env.FABULA_SHOTS;
if (shots) mkdirSync(shots, { recursive: true });

const server = isMock ? new MockServer("--token-ms", "25") : new RealServer();
await server.start();
const browser = await launch();
const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: "light", acceptDownloads: true });
const page = await context.newPage();
const troubles = [];
page.on("pageerror", (error) => troubles.push(`page error: ${error.message}`));
page.on("console", (message) => {
  if (message.type() === "error" && !/Failed to load resource|net::ERR/.test(message.text())) troubles.push(message.text());
});

const test = {
  server, browser, context, page, isMock, waitMs: isMock ? 20000 : 120000, troubles,
  async check(name, run) {
    if (only && !only.test(name)) return;
    const started = Date.now();
    try {
      const answer = await run();
      if (answer === "skip") {
        ++counts.skipped;
        console.log(`skipped  ${name}`);
        return;
      }
      ++counts.passed;
      console.log(`ok       ${name} (${Date.now() - started} ms)`);
    } catch (error) {
      ++counts.failed;
      console.log(`FAILED   ${name}\n         ${String(error.message ?? error).split("\n").slice(0, 14).join("\n         ")}`);
      if (shots) await page.screenshot({ path: join(shots, `failed-${counts.failed}.png`) }).catch(() => undefined);
    }
  },
  async shot(of, name) {
    if (shots) await of.screenshot({ path: join(shots, `${name}.png`) });
  },
  /** axe-core's serious and critical findings. It is run from the test's side: the page's CSP lets no script in. */
  async axe(of) {
    await of.evaluate(axeSource);
    const found = await of.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    return found.violations.filter((each) => each.impact === "serious" || each.impact === "critical")
      .map((each) => `${each.id}: ${each.nodes.slice(0, 3).map((node) => `${node.target.join(" ")} ${node.failureSummary?.split("\n")[1]?.trim() ?? ""}`).join(" | ")}`);
  },
};

try {
  if (process.env.FABULA_TOKEN) {
    await page.goto(server.url);
    await page.fill('input[type="password"]', process.env.FABULA_TOKEN);
    await page.click("text=Open");
  }
  await journey(test);
  if (isMock) await mockOnly(test);
} finally {
  await browser.close();
  server.close();
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(counts.failed > 0 || counts.passed === 0 ? 1 : 0);
