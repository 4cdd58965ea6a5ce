// SPDX-License-Identifier: 0BSD
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readEvent } from "../api/follow";
import type { Ahead, Candidate, Offer, Passage, Story, StoryEvent } from "../api/wire";
import { aheadOf, laidOut, leftBehind, pathTo, textTo } from "./desk_view";
import { emptyState, guessedRequest, reduce, type OwnEvent, type StoryState } from "./story_state";

/** A recorded stream as events: what a browser would hand over. */
function recorded(name: string): StoryEvent[] {
  const text = readFileSync(new URL(`../../tests/streams/${name}`, import.meta.url), "utf8");
  return text.split("\n\n").flatMap((block) => {
    const field = (key: string) => block.split("\n").find((line) => line.startsWith(`${key}: `))?.slice(key.length + 2) ?? "";
    const event = field("event") ? readEvent(field("event"), field("data")) : null;
    return event ? [event] : [];
  });
}

const replay = (events: (StoryEvent | OwnEvent)[], from: StoryState = emptyState) => events.reduce(reduce, from);

const candidate = (index: number, text: string): Candidate => ({
  index, text, tokens: 3, settings: { temperature: 0.8 }, policy: "random", propensity: null, ending: "sentence_end",
  score: null, mean_logprob: null, copied_share: null, seconds: 1, words_reach: null,
});
const offer = (id: number, number: number, texts: string[], parent = 0): Offer => ({
  id, parent, number, step: 1, model: "m", created: 1, candidates: texts.map((text, i) => candidate(i, text)), slots: texts.map((_, i) => i),
});
const story = (part: Partial<Story> = {}): Story => ({
  id: 3, title: "T", seed: "7", model: "m", instruction: "", created: 1, version: "1", head: 0,
  passages: [{ id: 0, parent: null, origin: "opening", text: "Once.", offer: null, index: null, created: 1 }],
  offers: [], choices: [], ratings: [], notes: { memory: "", author_note: "" }, requests: [], ...part,
});
const request = (id: number, part = {}) => ({
  id, story: 3, kind: "offer" as const, parent: 0, offer: null, replaces: null, state: "waiting" as const, position: 0, candidates: 3, step: 1, error: "", created: 1, ...part,
});

describe("a recorded stream", () => {
  const events = recorded("one_step.sse");
  it("gives the story that the server told at its end", () => {
    const at = replay(events);
    expect(at.story!.passages).toHaveLength(2);
    expect(at.story!.head).toBe(1);
    expect(at.live).toEqual({});
    expect(textTo(at.story!, at.story!.head)).toBe(at.story!.passages.map((each) => each.text).join(""));
  });
  it("shows at every event as many places as were asked for, once they were, until one is taken", () => {
    let at = emptyState;
    let hasAsked = false;
    for (const event of events) {
      at = reduce(at, event);
      hasAsked ||= event.kind === "request";
      if (hasAsked && at.story!.head === 0) expect(laidOut(at, null).slots).toHaveLength(3);
    }
  });
  it("never takes a word back while a candidate is written", () => {
    let at = emptyState;
    let before = ["", "", ""];
    for (const event of events) {
      at = reduce(at, event);
      if (at.story?.head !== 0) break;
      const texts = laidOut(at, null).slots.map((each) => each.text);
      texts.forEach((text, i) => expect(text.startsWith(before[i] ?? "")).toBe(true));
      before = texts;
    }
  });
  it("can be resumed by a whole story at any point", () => {
    const end = replay(events);
    for (let cut = 1; cut < events.length; cut += 7) {
      const half = replay(events.slice(0, cut));
      const live = Object.values(half.live).map((each) => ({ request: each.request, texts: each.indices.map((index) => each.texts[index] ?? "") }));
      const resumed = replay(events.slice(cut), replay([{ kind: "story", data: { ...half.story!, live } }]));
      expect(resumed.story).toEqual(end.story);
    }
  });
  it("is not changed in place", () => {
    const frozen = (value: unknown): void => {
      if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
      Object.freeze(value);
      Object.values(value).forEach(frozen);
    };
    let at = emptyState;
    for (const event of events) {
      frozen(at);
      at = reduce(at, event);
    }
    expect(at.story).not.toBeNull();
  });
});

describe("reduce", () => {
  it("ignores events before the story and of unknown requests", () => {
    expect(reduce(emptyState, { kind: "move", data: { kind: "undo", head: 0 } })).toBe(emptyState);
    const at = replay([{ kind: "story", data: story() }]);
    expect(reduce(at, { kind: "text", data: { request: 99, index: 0, text: "x" } })).toBe(at);
  });
  it("keeps a redrawn candidate's place and the others", () => {
    const first = offer(9, 0, [" a", " b", " c"]);
    let at = replay([
      { kind: "story", data: story({ offers: [first] }) },
      { kind: "request", data: request(5, { kind: "redraw", offer: 9, replaces: 1, candidates: 1 }) },
      { kind: "step", data: { request: 5, parent: 0, step: 1, number: 0, replaces: 1, settings: [{ temperature: 1 }], indices: [3], policy: "random" } },
      { kind: "text", data: { request: 5, index: 3, text: " new" } },
    ]);
    expect(laidOut(at, null).slots.map((each) => each.text)).toEqual([" a", " new", " c"]);
    expect(laidOut(at, null).slots[1]!.isWriting).toBe(true);
    at = replay([{ kind: "offer", data: { ...first, candidates: [...first.candidates, candidate(3, " new")], slots: [0, 3, 2] } }], at);
    expect(laidOut(at, null).slots.map((each) => each.text)).toEqual([" a", " new", " c"]);
    expect(at.live).toEqual({});
  });
  it("drops what a cancelled or failed request was writing and keeps its error", () => {
    const at = replay([
      { kind: "story", data: story() },
      { kind: "request", data: request(5) },
      { kind: "request", data: request(5, { state: "failed", error: "out of memory" }) },
    ]);
    expect(at.live).toEqual({});
    expect(at.story!.requests[0]!.error).toBe("out of memory");
  });
  it("keeps the cards where they are when a request is told done before its offer", () => {
    let at = replay([
      { kind: "story", data: story() },
      { kind: "request", data: request(5, { candidates: 2 }) },
      { kind: "step", data: { request: 5, parent: 0, step: 1, number: 0, replaces: null, settings: [{}, {}], indices: [0, 1], policy: "random" } },
      { kind: "text", data: { request: 5, index: 0, text: " a" } },
      { kind: "request", data: request(5, { candidates: 2, state: "done", offer: 9, position: null }) },
    ]);
    expect(laidOut(at, null).slots.map((each) => each.text)).toEqual([" a", ""]);
    at = replay([{ kind: "offer", data: offer(9, 0, [" a", " b"]) }], at);
    expect(laidOut(at, null).slots.map((each) => each.text)).toEqual([" a", " b"]);
    expect(at.live).toEqual({});
  });
  it("shows the newest draw of a place, and an earlier one where asked", () => {
    const at = replay([{ kind: "story", data: story({ offers: [offer(9, 0, [" a"]), offer(10, 1, [" b", " c"])] }) }]);
    expect(laidOut(at, null).slots.map((each) => each.text)).toEqual([" b", " c"]);
    expect(laidOut(at, 0).slots.map((each) => each.text)).toEqual([" a"]);
  });
  it("lists what was left at a step", () => {
    const taken = { id: 1, parent: 0, origin: "generated", text: " b", offer: 10, index: 0, created: 2 };
    const told = story({ offers: [offer(9, 0, [" a"]), offer(10, 1, [" b", " c"])] });
    const at = replay([{ kind: "story", data: told }, { kind: "choice", data: { choice: { offer: 10, index: 0, passage: 1, chooser: "person", reason: "", user: "", created: 2 }, passage: taken, head: 1 } }]);
    expect(leftBehind(at.story!, taken).map((each) => each.candidate.text)).toEqual([" a", " c"]);
    expect(pathTo(at.story!, 1).map((each) => each.id)).toEqual([0, 1]);
  });
  it("does not follow a circle of parents for ever", () => {
    const broken = story({ passages: [{ id: 0, parent: 0, origin: "opening", text: "x", offer: null, index: null, created: 1 }] });
    expect(pathTo(broken, 0).length).toBeLessThan(4);
  });
  it("replaces a rating of the same candidate", () => {
    const rating = { offer: 9, index: 0, rating: 1, reason: "", user: "", created: 1 };
    const at = replay([{ kind: "story", data: story() }, { kind: "rating", data: rating }, { kind: "rating", data: { ...rating, rating: -1, created: 2 } }]);
    expect(at.story!.ratings).toEqual([{ ...rating, rating: -1, created: 2 }]);
  });
  it("knows when the story is gone", () => {
    expect(replay([{ kind: "story", data: story() }, { kind: "removed", data: {} }]).isRemoved).toBe(true);
  });
});

describe("what was drawn ahead", () => {
  const asked = '{"candidates":2,"parent":0}';
  const ahead: Ahead = { offer: 7, index: 1, asked, step: 2, settings: [{ temperature: 0.5 }, {}], indices: [0, 1], policy: "random", texts: [" Then.", " Now."] };
  const read = replay([{ kind: "story", data: story({ offers: [offer(7, 0, [" A", " B"])] }) }, { kind: "ahead", data: ahead }]);
  const passage: Passage = { id: 1, parent: 0, origin: "generated", text: " B", offer: 7, index: 1, created: 2 };
  const choice = { offer: 7, index: 1, passage: 1, chooser: "person", reason: "", user: "", created: 2 };
  const texts = (state: StoryState) => laidOut(state, null).slots.map((each) => each.text);

  it("is that of a candidate and of what is asked for next, and of nothing else", () => {
    expect(aheadOf(read, 7, 1, { parent: 9, candidates: 2 })).toEqual(ahead);
    expect(aheadOf(read, 7, 0, { parent: 0, candidates: 2 })).toBeNull();
    expect(aheadOf(read, 7, 1, { parent: 0, candidates: 3 })).toBeNull();
    expect(aheadOf(read, 7, 1, { parent: 0, candidates: 2, policy: "auto" })).toBeNull();
    const noted = reduce(read, { kind: "notes", data: { memory: "Rain.", author_note: "" } });
    expect(aheadOf(noted, 7, 1, { candidates: 2 })).toBeNull();
    expect(reduce(read, { kind: "ahead", data: { offer: null } }).ahead).toEqual([]);
  });
  it("is shown at once and stays as the server tells the same", () => {
    let at = reduce(read, { kind: "guess", data: ahead });
    expect(at.story!.head).toBe(1);
    expect(at.story!.passages[1]).toMatchObject({ text: " B", isPending: true });
    const events: StoryEvent[] = [
      { kind: "choice", data: { choice, passage, head: 1 } },
      { kind: "request", data: request(30, { parent: 1, step: 2, candidates: 2 }) },
      { kind: "request", data: request(30, { parent: 1, step: 2, candidates: 2, state: "claimed" }) },
      { kind: "step", data: { request: 30, parent: 1, step: 2, number: 0, replaces: null, settings: ahead.settings, indices: [0, 1], policy: "random" } },
      { kind: "text", data: { request: 30, index: 0, text: " Then." } },
      { kind: "text", data: { request: 30, index: 1, text: " Now." } },
      { kind: "offer", data: offer(8, 0, [" Then.", " Now."], 1) },
    ];
    expect(texts(at)).toEqual([" Then.", " Now."]);
    expect(laidOut(at, null).requests).toEqual([]);
    for (const event of events) {
      at = reduce(at, event);
      expect(texts(at)).toEqual([" Then.", " Now."]);
      expect(at.story!.passages).toHaveLength(2);
    }
    expect(at.story!.passages[1]!.isPending).toBeUndefined();
    expect(at.live).toEqual({});
    expect(at.guess).toBeNull();
  });
  it("gives way to other words as they come", () => {
    const at = replay([
      { kind: "guess", data: ahead },
      { kind: "choice", data: { choice, passage, head: 1 } },
      { kind: "request", data: request(30, { parent: 1, step: 2, candidates: 2 }) },
      { kind: "text", data: { request: 30, index: 1, text: " But" } },
    ], read);
    expect(texts(at)).toEqual([" Then.", " But"]);
  });
  it("is taken back where the choice was refused", () => {
    const at = replay([{ kind: "guess", data: ahead }, { kind: "unguess" }], read);
    expect(at.story!.head).toBe(0);
    expect(at.story!.passages).toEqual(read.story!.passages);
    expect(at.live).toEqual({});
    expect(at.guess).toBeNull();
  });
  it("makes room for what happened elsewhere meanwhile", () => {
    const other: Passage = { ...passage, text: " Mine.", offer: null, index: null, origin: "written" };
    const at = replay([{ kind: "guess", data: ahead }, { kind: "passage", data: { passage: other, head: 1 } }], read);
    expect(at.story!.passages.map((each) => each.text)).toEqual(["Once.", " Mine."]);
    expect(guessedRequest in at.live).toBe(false);
    expect(at.guess).toBeNull();
  });
  it("keeps its place where the server numbered the passage otherwise", () => {
    const at = replay([{ kind: "guess", data: ahead }, { kind: "choice", data: { choice: { ...choice, passage: 5 }, passage: { ...passage, id: 5 }, head: 5 } }], read);
    expect(at.story!.passages.map((each) => each.id)).toEqual([0, 5]);
    expect(texts(at)).toEqual([" Then.", " Now."]);
  });
});
