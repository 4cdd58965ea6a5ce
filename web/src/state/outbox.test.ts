// SPDX-License-Identifier: 0BSD
import { webcrypto } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { newKey, Refusal } from "../api/client";
import { draftOf, keepDraft, settleDraft, strandedEdits, type Shelf } from "./drafts";
import { Outbox, type Letter } from "./outbox";

// Node 18 has no global crypto; every browser has.
if (!("crypto" in globalThis)) Object.defineProperty(globalThis, "crypto", { value: webcrypto });

class Memory implements Shelf {
  kept = new Map<string, string>();
  get length() { return this.kept.size; }
  key = (at: number) => [...this.kept.keys()][at] ?? null;
  getItem = (key: string) => this.kept.get(key) ?? null;
  setItem = (key: string, value: string) => void this.kept.set(key, value);
  removeItem = (key: string) => void this.kept.delete(key);
}

const letter = { path: "/p", body: { a: 1 }, what: "choice", story: 3, draft: null };
const soon = async () => undefined;

let shelf: Memory;
beforeEach(() => {
  shelf = new Memory();
  Object.defineProperty(globalThis, "localStorage", { value: shelf, configurable: true });
});

describe("Outbox", () => {
  it("has the letter on the shelf before it is sent, and not after it arrived", async () => {
    let before: Letter[] = [];
    const own: Outbox = new Outbox({ shelf, send: async () => { before = own.left(); return 1; } });
    expect(await own.send(own.write(letter))).toBe(1);
    expect(before).toHaveLength(1);
    expect(own.left()).toHaveLength(0);
  });
  it("sends the same key again after a loss", async () => {
    const keys: string[] = [];
    const own = new Outbox({ shelf, pause: soon, send: async (each) => {
      keys.push(each.key);
      if (keys.length < 3) throw new Refusal(0, "unreachable", "gone");
      return "done";
    } });
    expect(await own.send(own.write(letter))).toBe("done");
    expect(new Set(keys).size).toBe(1);
    expect(keys).toHaveLength(3);
  });
  it("keeps the draft of what was refused for good, and forgets the letter", async () => {
    keepDraft("own.3", "my words");
    const own = new Outbox({ shelf, pause: soon, send: async () => { throw new Refusal(409, "conflict", "moved"); } });
    await expect(own.send(own.write({ ...letter, draft: { name: "own.3", text: "my words" } }))).rejects.toMatchObject({ status: 409 });
    expect(draftOf("own.3")).toBe("my words");
    expect(own.left()).toHaveLength(0);
  });
  it("forgets the draft that arrived, but not what was typed meanwhile", async () => {
    keepDraft("own.3", "my words");
    const own = new Outbox({ shelf, send: async () => 1 });
    await own.send(own.write({ ...letter, draft: { name: "own.3", text: "my words" } }));
    expect(draftOf("own.3")).toBe("");
    keepDraft("own.3", "my words and more");
    settleDraft("own.3", "my words");
    expect(draftOf("own.3")).toBe("my words and more");
  });
  it("gives a later page what this one left, under the same key", async () => {
    const first = new Outbox({ shelf, pause: () => new Promise(() => undefined), send: async () => { throw new Refusal(503, "unavailable", "busy"); } });
    const sent = first.write(letter);
    void first.send(sent);
    await soon();
    const [left] = new Outbox({ shelf }).left();
    expect(left).toEqual(sent);
  });
  it("drops what is older than a week or cannot be read", () => {
    new Outbox({ shelf, now: () => 0 }).write(letter);
    shelf.setItem("fabula.letters", JSON.stringify([...JSON.parse(shelf.getItem("fabula.letters")!), "broken"]));
    shelf.setItem("fabula.letter.broken", "{");
    expect(new Outbox({ shelf, now: () => 8 * 24 * 3600 * 1000 }).left()).toEqual([]);
  });
  it("gives up on a 500 that stays, waits on a 503", async () => {
    let tries = 0;
    const broken = new Outbox({ shelf, pause: soon, send: async () => { ++tries; throw new Refusal(500, "internal", "no"); } });
    await expect(broken.send(broken.write(letter))).rejects.toMatchObject({ status: 500 });
    expect(tries).toBe(4);
  });
  it("waits as long as the server says", async () => {
    const waits: number[] = [];
    let tries = 0;
    const own = new Outbox({ shelf, pause: async (ms) => void waits.push(ms), send: async () => { if (++tries === 1) throw new Refusal(429, "exhausted", "full", 7); return 1; } });
    await own.send(own.write(letter));
    expect(waits).toEqual([7000]);
  });
  it("works without storage", async () => {
    const own = new Outbox({ shelf: null, send: async () => 2 });
    expect(await own.send(own.write(letter))).toBe(2);
  });
});

describe("drafts", () => {
  it("finds edits whose cards are gone", () => {
    keepDraft("edit.3.9.1", "half a thought");
    keepDraft("edit.3.10.0", "at hand");
    keepDraft("edit.4.9.1", "of another story");
    expect(strandedEdits(3, 10, shelf as unknown as Storage)).toEqual([{ name: "edit.3.9.1", text: "half a thought" }]);
  });
});

it("keys are visible ASCII, at most 100, and differ", () => {
  expect(newKey()).toMatch(/^[\x21-\x7e]{1,100}$/);
  expect(newKey()).not.toBe(newKey());
});
