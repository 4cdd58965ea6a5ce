// SPDX-License-Identifier: 0BSD
// What lies on the desk, read off the state of a story: the taken path, the offer at its end with its
// slots, what was left at each step. Pure functions.
import type { Ahead, Candidate, NewOffer, Offer, Passage, Settings, Story } from "../api/wire";
import { guessedRequest, type Live, type StoryState } from "./story_state";

/** One place on the desk where a candidate stands or is being written. */
export interface Slot {
  key: string; // stays the same while a candidate is drawn anew in its place
  label: string; // "1", "2": the key that takes it
  offer: number | null;
  index: number;
  text: string;
  settings: Settings;
  policy: string;
  isWriting: boolean;
  candidate: Candidate | null;
}

export interface Laid {
  offer: Offer | null;
  live: Live | null; // that of a whole offer; redraws are only seen in the slots
  slots: Slot[];
  requests: number[]; // that are being drawn or wait here
}

/** The passages from the opening to `head`. A broken parent ends it. */
export function pathTo(story: Story, head: number): Passage[] {
  const byId = new Map(story.passages.map((each) => [each.id, each]));
  const path: Passage[] = [];
  for (let at = byId.get(head); at; at = at.parent === null ? undefined : byId.get(at.parent)) {
    path.push(at);
    if (path.length > story.passages.length) break;
  }
  return path.reverse();
}

export const labelOf = (place: number) => String(place + 1);

export const offersAt = (story: Story, passage: number): Offer[] =>
  story.offers.filter((each) => each.parent === passage).sort((a, b) => a.number - b.number);

/** The indices as they stand on the desk; servers that leave `slots` out show them as drawn. */
export const slotsOf = (offer: Offer): number[] =>
  offer.slots && offer.slots.length > 0 ? offer.slots : offer.candidates.map((each) => each.index);

function writing(live: Live, index: number, place: number, key: string): Slot {
  const complete = live.complete[index] ?? null;
  return {
    key,
    label: labelOf(place),
    offer: live.offer,
    index,
    text: live.texts[index] ?? live.guessed[index] ?? "",
    settings: live.settings[index] ?? {},
    policy: live.policy,
    isWriting: complete === null,
    candidate: complete,
  };
}

/** What lies where the story stands. `number` shows an earlier offer of this place; null the newest. */
export function laidOut(state: StoryState, number: number | null): Laid {
  const story = state.story;
  if (!story) return { offer: null, live: null, slots: [], requests: [] };
  const here = Object.values(state.live).filter((each) => each.parent === story.head);
  const whole = here.filter((each) => each.replaces === null && !story.offers.some((offer) => offer.id === each.offer && offer.candidates.length > 0))
    .sort((a, b) => b.number - a.number || b.request - a.request)[0];
  const requests = here.map((each) => each.request).filter((each) => each !== guessedRequest);
  if (whole && number === null) {
    const slots = whole.indices.map((index, place) => writing(whole, index, place, `${story.head}.${place}`));
    return { offer: null, live: whole, slots, requests };
  }
  const offers = offersAt(story, story.head);
  const offer = (number === null ? offers[offers.length - 1] : offers.find((each) => each.number === number)) ?? null;
  if (!offer) return { offer: null, live: null, slots: [], requests };
  const slots = slotsOf(offer).map((index, place): Slot => {
    const key = `${story.head}.${place}`;
    const redraw = here.find((each) => each.offer === offer.id && each.replaces === index);
    if (redraw) return writing(redraw, redraw.indices[0] ?? index, place, key);
    const candidate = offer.candidates.find((each) => each.index === index) ?? null;
    return {
      key, label: labelOf(place), offer: offer.id, index, text: candidate?.text ?? "",
      settings: candidate?.settings ?? {}, policy: candidate?.policy ?? "", isWriting: false, candidate,
    };
  });
  return { offer, live: null, slots, requests };
}

/** What was drawn ahead for the case that this candidate is taken and `body` is asked for, where that is what comes next. */
export function aheadOf(state: StoryState, offer: number, index: number, body: NewOffer): Ahead | null {
  const plain = ({ parent: _, ...rest }: Partial<NewOffer>) => JSON.stringify(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)));
  const found = state.ahead.find((each) => each.offer === offer && each.index === index);
  if (!found) return null;
  try {
    return plain(JSON.parse(found.asked) as Partial<NewOffer>) === plain(body) ? found : null;
  } catch {
    return null;
  }
}

/** What else was on the desk before `passage` was taken: every candidate of the offers at its parent but the taken one. */
export function leftBehind(story: Story, passage: Passage): { offer: Offer; candidate: Candidate }[] {
  if (passage.parent === null) return [];
  return offersAt(story, passage.parent).flatMap((offer) =>
    offer.candidates
      .filter((each) => !(offer.id === passage.offer && each.index === passage.index))
      .map((candidate) => ({ offer, candidate })));
}

/** Where the newest choice that took this candidate stands in the story, if it was ever taken. */
export const passageOf = (story: Story, offer: number, index: number): Passage | null =>
  story.passages.find((each) => each.offer === offer && each.index === index) ?? null;

export const textTo = (story: Story, head: number): string => pathTo(story, head).map((each) => each.text).join("");

export const wordsIn = (text: string): number => (text.match(/[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu) ?? []).length;

/** The first words of a text, for a branch's name. */
export function firstWords(text: string, most = 5): string {
  const words = text.trimStart().split(/\s+/, most + 1).filter(Boolean);
  return words.slice(0, most).join(" ") + (words.length > most ? " …" : "");
}
