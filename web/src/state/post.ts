// SPDX-License-Identifier: 0BSD
// The page's one outbox, and what a writer does as letters to the server.
import { ask, inWords, storyPath } from "../api/client";
import type { Choice, NewChoice, NewStory, Passage, Rating, Settings, Story } from "../api/wire";
import { dismiss, locked, say } from "./notices";
import { Outbox, type Letter } from "./outbox";
import { offerOf, setup } from "./setup";
import { Watched } from "./store";

/** What is under way, for the desk to show life at once. */
export const underWay = new Watched<Letter[]>([]);

export const outbox = new Outbox({
  onTrouble: (letter, refusal) => {
    if (refusal.status === 401) return locked.set(true);
    say("post", inWords(refusal), { isTrouble: true, action: { title: "Try now", run: () => outbox.wake() } });
    void letter;
  },
});

async function deliver<T>(letter: Letter): Promise<T> {
  underWay.set([...underWay.get(), letter]);
  try {
    const answer = await outbox.send<T>(letter);
    dismiss("post");
    return answer;
  } finally {
    underWay.set(underWay.get().filter((each) => each !== letter));
  }
}

type Draft = Letter["draft"];

const post = <T>(what: string, story: number | null, path: string, body: unknown, draft: Draft = null): Promise<T> =>
  deliver<T>(outbox.write({ what, story, path, body, draft }));

export const beginStory = (body: NewStory, draft: Draft): Promise<Story> => post("story", null, "/api/v1/stories", body, draft);

/** `more`: settings for this once, over those of the desk. */
export const askForOffer = (story: number, head: number, more: Settings = {}): Promise<unknown> => {
  const body = offerOf(setup.get(), head);
  const settings = { ...body.settings, ...more };
  return post("offer", story, storyPath(story, "/offers"), Object.keys(settings).length > 0 ? { ...body, settings } : body);
};

export const askForRedraw = (story: number, offer: number, replaces: number, settings?: Record<string, unknown>): Promise<unknown> =>
  post("redraw", story, `/api/v1/offers/${offer}/candidates`, settings ? { replaces, settings } : { replaces });

export const choose = (story: number, body: NewChoice, draft: Draft = null): Promise<{ passage: Passage; head: number; choice?: Choice }> =>
  post("choice", story, storyPath(story, "/choices"), body, draft);

export const writePassage = (story: number, parent: number, text: string, draft: Draft): Promise<{ passage: Passage }> =>
  post("passage", story, storyPath(story, "/passages"), { parent, text, origin: "written" }, draft);

export const rate = (story: number, offer: number, index: number, rating: number, reason: string): Promise<Rating> =>
  post("rating", story, storyPath(story, "/ratings"), reason ? { offer, index, rating, reason } : { offer, index, rating });

export const move = (story: number, body: { kind: "undo" } | { kind: "jump"; to: number }): Promise<{ head: number }> =>
  ask(storyPath(story, "/moves"), { method: "POST", body });

export const stopRequest = (request: number): Promise<unknown> => ask(`/api/v1/requests/${request}`, { method: "DELETE" });

/** Sends again what a page before this one left unanswered. */
export function sendLeft(onStory: (story: Story) => void, onRefused: (letter: Letter, error: unknown) => void): void {
  for (const letter of outbox.left())
    deliver<Story>(letter).then(
      (answer) => letter.what === "story" && onStory(answer),
      (error: unknown) => onRefused(letter, error));
}
