// SPDX-License-Identifier: 0BSD
import { describe, expect, it } from "vitest";
import type { Story } from "../api/wire";
import { neighbour, treePicture } from "./tree_layout";

function grown(parents: (number | null)[], head: number): Story {
  return {
    id: 1, title: "", seed: "1", model: "m", instruction: "", created: 0, version: "1", head,
    passages: parents.map((parent, id) => ({ id, parent, origin: id ? "generated" : "opening", text: `Passage ${id}.`, offer: null, index: null, created: id })),
    offers: [], choices: [], ratings: [], notes: { memory: "", author_note: "" }, requests: [],
  };
}

describe("treePicture", () => {
  it("lays the taken path straight in the first column", () => {
    const picture = treePicture(grown([null, 0, 0, 2, 1], 3), true);
    expect(picture.nodes.filter((each) => each.isOnPath).map((each) => [each.passage, each.row, each.column])).toEqual([[0, 0, 0], [2, 1, 0], [3, 2, 0]]);
    expect(picture.byId.get("p1")!.column).toBe(1);
    expect(picture.byId.get("p4")).toMatchObject({ row: 2, column: 1 });
  });
  it("never puts two nodes in one place", () => {
    let seed = 1;
    const next = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
    for (let round = 0; round < 20; ++round) {
      const parents: (number | null)[] = [null];
      for (let i = 1; i < 200; ++i) parents.push(Math.floor(next() * i));
      const picture = treePicture(grown(parents, Math.floor(next() * 200)), true);
      const places = new Set(picture.nodes.map((each) => `${each.row}.${each.column}`));
      expect(picture.nodes).toHaveLength(200);
      expect(places.size).toBe(200);
    }
  });
  it("uses a column again once it is free", () => {
    const parents: (number | null)[] = [null];
    for (let i = 0; i < 50; ++i) parents.push(i === 0 ? 0 : i * 2 - 1, i === 0 ? 0 : i * 2 - 1);
    expect(treePicture(grown(parents, parents.length - 2), false).columns).toBeLessThanOrEqual(3);
  });
  it("draws ten thousand passages in a row without recursion", () => {
    const picture = treePicture(grown(Array.from({ length: 10000 }, (_, i) => (i ? i - 1 : null)), 9999), true);
    expect(picture.rows).toBe(10000);
    expect(picture.columns).toBe(1);
  });
  it("shows what was left, where asked, and never as part of the path", () => {
    const story = grown([null, 0], 1);
    const candidate = { index: 0, text: " a", tokens: 1, settings: {}, policy: "", propensity: null, ending: "", score: null, mean_logprob: null, copied_share: null, seconds: null, words_reach: null };
    story.offers = [{ id: 9, parent: 0, number: 0, step: 1, model: "m", created: 0, candidates: [candidate, { ...candidate, index: 1, text: " b" }], slots: [0, 1] }];
    story.passages[1] = { ...story.passages[1]!, offer: 9, index: 0 };
    expect(treePicture(story, true).nodes.map((each) => each.id)).toEqual(["p0", "p1", "c9.1"]);
    expect(treePicture(story, false).nodes.map((each) => each.id)).toEqual(["p0", "p1"]);
  });
  it("is empty for a story without passages", () => expect(treePicture(grown([], 0), true).nodes).toEqual([]));
});

it("arrows walk to parent, child and the sides", () => {
  const picture = treePicture(grown([null, 0, 0, 2], 3), true);
  expect(neighbour(picture, "p3", "ArrowUp")).toBe("p2");
  expect(neighbour(picture, "p0", "ArrowDown")).toBe("p2");
  expect(neighbour(picture, "p2", "ArrowRight")).toBe("p1");
  expect(neighbour(picture, "p1", "ArrowLeft")).toBe("p2");
  expect(neighbour(picture, "p0", "ArrowUp")).toBeNull();
  expect(neighbour(picture, "nobody", "ArrowUp")).toBe("p0");
});
