// SPDX-License-Identifier: 0BSD
import { describe, expect, it } from "vitest";
import { behind } from "../desk/OwnWords";
import { paragraphsOf } from "../desk/Manuscript";
import { stretchesOf } from "../desk/RepetitionStrip";
import { dayOf } from "../frame/Shelf";
import { newStory } from "../frame/EmptyDesk";
import { joined, storiesPath } from "../frame/use_stories";
import { linesOf, valueOf } from "../side/SettingField";
import { roundTop } from "../side/LineChart";
import { firstWords, wordsIn } from "../state/desk_view";
import { hashOf, readRoute } from "../state/route";
import { offerOf, plainSetup } from "../state/setup";
import type { Settings } from "../api/wire";
import { differences } from "./differences";
import { allowed, moodOf, saysOf, whyOf, wildness } from "./hints";
import { isInReach } from "./reach";

const passage = (id: number, text: string) => ({ id, parent: id ? id - 1 : null, origin: "generated", text, offer: null, index: null, created: 0 });

describe("differences", () => {
  it("joined are the text again", () => {
    for (const [a, b] of [["The cat sat.", "The dog sat."], ["", "x"], ["x", ""], [" Ein  Ding,\nzwei.", "Kein Ding; zwei."]])
      expect(differences(a!, b!).map((each) => each.text).join("")).toBe(a);
  });
  it("mark only what the other has not there", () => {
    expect(differences("The old cat sat.", "The cat sat.").filter((each) => each.isDifferent).map((each) => each.text)).toEqual(["old"]);
    expect(differences("same words", "Same words").some((each) => each.isDifferent)).toBe(false);
  });
  it("give up on very long texts rather than on the page", () => {
    expect(differences("a ".repeat(2000), "b ".repeat(2000))).toHaveLength(1);
  });
});

describe("hints", () => {
  it("order settings from safe to wild", () => {
    const order = [{ temperature: 0 }, { temperature: 0.6, min_p: 0.1 }, { temperature: 1, min_p: 0.05 }, { temperature: 1.3, min_p: 0.04, xtc_probability: 0.5 }].map((each) => wildness(each as Settings));
    expect([...order].sort((a, b) => a - b)).toEqual(order);
  });
  it("call the built-in moods by their names", () => {
    expect(moodOf({ temperature: 0.6, min_p: 0.1, dry_multiplier: 0.4 })).toBe("calm");
    expect(moodOf({ temperature: 1, min_p: 0.05, dry_multiplier: 0.8 })).toBe("lively");
    expect(moodOf({ temperature: 1.3, min_p: 0.04, xtc_probability: 0.5 })).toBe("wild");
  });
  it("say at most three things, and always one", () => {
    expect(saysOf({})).toEqual(["the model as it is"]);
    expect(saysOf({ temperature: 0.5, top_k: 10, typical_p: 0.5, dry_multiplier: 1, max_new_tokens: 10 })).toHaveLength(3);
  });
  it("tell where settings came from, also of policies nobody knows", () => {
    expect(whyOf("random")).toContain("random");
    expect(whyOf("auto+adaptive")).toContain("; ");
    expect(whyOf("tomorrow")).toBe("by the policy tomorrow");
  });
  it("keep numbers within the schema", () => {
    expect(allowed(12, { type: "number", minimum: 0, maximum: 10 })).toBe(10);
    expect(allowed(0, { type: "number", exclusiveMinimum: 0, maximum: 1 })).toBeGreaterThan(0);
    expect(allowed(2.6, { type: "integer", minimum: 0 })).toBe(3);
    expect(allowed(NaN, { type: "number" })).toBeNull();
  });
});

describe("settings as lines", () => {
  const texts = { type: "array", items: { type: "string" } };
  it("come back as they were", () => {
    for (const list of [["\n", ":", "\"", "*"], ["\\bfoo\\d+", "a b"], []]) expect(valueOf(linesOf(list), texts)).toEqual(list);
    expect(valueOf(linesOf({ 12: -100, 7: 1.5 }), { type: "object" })).toEqual({ 12: -100, 7: 1.5 });
  });
  it("refuse names twice, unknown names and biases out of range", () => {
    const order = { type: "array", items: { type: "string", enum: ["dry", "top_k"] } };
    expect(valueOf("dry\ndry", order)).toBeNull();
    expect(valueOf("dri", order)).toBeNull();
    expect(valueOf("12: 200", { type: "object" })).toBeNull();
    expect(valueOf("cat: 1", { type: "object" })).toBeNull();
  });
});

it("words of one's own get the space that they need", () => {
  expect(behind("He went.", "She stayed.  ")).toBe(" She stayed.");
  expect(behind("He went.\n", "She stayed.")).toBe("She stayed.");
  expect(behind("He went", ", and she stayed.")).toBe(", and she stayed.");
  expect(behind("", "Once.")).toBe("Once.");
});

it("paragraphs go over passages, and a passage over paragraphs", () => {
  const found = paragraphsOf([passage(0, "One."), passage(1, " Two.\n\nThree."), passage(2, " Four.")]);
  expect(found.map((each) => each.map((piece) => piece.text).join(""))).toEqual(["One. Two.", "Three. Four."]);
  expect(found.flat().filter((piece) => piece.isFirst).map((piece) => piece.passage.id)).toEqual([0, 1, 2]);
});

it("repetition lies along the text by length", () => {
  const [first, second] = stretchesOf([passage(0, "aaaa"), passage(1, "bbbbbbbbbbbb")], [{ passage: 1, begin: 4, end: 16, copied_share: 0.5 }]);
  expect(first).toMatchObject({ from: 0, to: 0.25, share: 0 });
  expect(second).toMatchObject({ from: 0.25, to: 1, share: 0.5 });
});

it("a word is in reach by its rank and its probability", () => {
  const word = { text: " x", rank: 12, logprob: Math.log(0.002) };
  expect(isInReach(word, {})).toBe(true);
  expect(isInReach(word, { top_k: 12 })).toBe(false);
  expect(isInReach(word, { temperature: 0 })).toBe(false);
  expect(isInReach(word, { epsilon_cutoff: 0.01 })).toBe(false);
});

it("days are the reader's own", () => {
  const now = new Date(2026, 5, 10, 1, 0);
  expect(dayOf(new Date(2026, 5, 10, 0, 5).getTime(), now)).toBe("today");
  expect(dayOf(new Date(2026, 5, 9, 23, 55).getTime(), now)).toBe("yesterday");
  expect(dayOf(new Date(2026, 5, 6).getTime(), now)).toBe("this week");
  expect(dayOf(new Date(2026, 3, 6).getTime(), now)).toBe("earlier");
});

it("a new story says only what was said", () => {
  expect(newStory("  ", "", "", "")).toBeNull();
  expect(newStory("Once.\n", "", "", "")).toEqual({ prompt: "Once." });
  expect(newStory("Once.", " T ", "18446744073709551615", "")).toEqual({ prompt: "Once.", title: "T", seed: "18446744073709551615" });
  expect(newStory("Once.", "", "seven", "")).toEqual({ prompt: "Once." });
});

it("an offer names only what was set, and 1 to 8 candidates", () => {
  expect(offerOf(plainSetup, 4)).toEqual({ candidates: 3, parent: 4 });
  expect(offerOf({ ...plainSetup, candidates: 99, policy: "fixed", settings: { temperature: 1 } }, 0)).toEqual({ candidates: 8, parent: 0, policy: "fixed", settings: { temperature: 1 } });
});

it("pages of stories are put behind each other without doubles", () => {
  const line = (id: number) => ({ id, title: "", created: 0, changed: 0, passages: 1, candidates: 0, words: 1, model: "" });
  expect(joined([line(3), line(2)], [line(2), line(1)]).map((each) => each.id)).toEqual([3, 2, 1]);
  expect(storiesPath(" sea & sky ", 7)).toBe("/api/v1/stories?q=sea+%26+sky&limit=50&before=7");
});

it("routes are read as they are written, and nonsense is the empty desk", () => {
  for (const each of [{ story: null, leaf: null }, { story: 3, leaf: null }, { story: 3, leaf: "tree" as const }]) expect(readRoute(hashOf(each))).toEqual(each);
  expect(readRoute("#/story/x/y")).toEqual({ story: null, leaf: null });
  expect(readRoute("#/story/3/javascript:1")).toEqual({ story: 3, leaf: null });
});

it("axes end at round numbers; words are counted in any script", () => {
  expect(roundTop(0)).toBe(1);
  expect(roundTop(1.3)).toBe(1.5);
  expect(roundTop(87)).toBe(100);
  expect(wordsIn("It's a co-operative Straße, Żółć")).toBe(5);
  expect(firstWords("one two three four five six")).toBe("one two three four five …");
});
