// SPDX-License-Identifier: 0BSD
// Chromium and servers for the page's tests. The browser is $CHROMIUM, or chromium, chromium-browser or google-chrome of the PATH.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export function findChromium() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const folder of (process.env.PATH ?? "").split(delimiter))
    for (const name of ["chromium", "chromium-browser", "google-chrome"])
      if (folder && existsSync(join(folder, name))) return join(folder, name);
  return null;
}

/** Chromium as root has no sandbox of its own. */
export const launch = () =>
  chromium.launch({ executablePath: findChromium(), args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });

const script = fileURLToPath(new URL("mock/server.mjs", import.meta.url));

/** The mock server as a process that can be killed and started again on the same address and file. */
export class MockServer {
  constructor(...options) {
    this.folder = mkdtempSync(join(tmpdir(), "fabula-page-"));
    this.options = options;
    this.port = 0;
  }
  async start() {
    this.process = spawn(process.execPath, [script, "--port", String(this.port), "--data", join(this.folder, "stories.json"), ...this.options], { stdio: ["ignore", "pipe", "inherit"] });
    this.url = await new Promise((done, fail) => {
      this.process.stdout.once("data", (data) => done(String(data).trim()));
      this.process.once("exit", (code) => fail(new Error(`the mock server ended with ${code}`)));
    });
    this.port = Number(new URL(this.url).port);
    return this.url;
  }
  async kill() {
    const gone = new Promise((done) => this.process.once("exit", done));
    this.process.kill("SIGKILL");
    await gone;
  }
  close() {
    this.process?.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A server that somebody else runs: $FABULA_URL, killed by the command $FABULA_KILL, started again by $FABULA_START. */
export class RealServer {
  url = process.env.FABULA_URL.replace(/\/$/, "");
  canRestart = Boolean(process.env.FABULA_KILL && process.env.FABULA_START);
  async kill() { execFileSync("/bin/sh", ["-c", process.env.FABULA_KILL], { stdio: "inherit" }); }
  async start() {
    if (this.isStarted) execFileSync("/bin/sh", ["-c", process.env.FABULA_START], { stdio: "inherit" });
    this.isStarted = true;
    return this.url;
  }
  close() {}
}
