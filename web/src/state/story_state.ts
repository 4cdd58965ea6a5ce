// SPDX-License-Identifier: 0BSD
// A story as the page knows it: the server's events, reduced by one pure function. It knows no
// network, no clock and no component; a recorded stream gives the same state wherever it is read.
import type { Ahead, Candidate, DrawRequest, Offer, Passage, Settings, Story, StoryEvent } from "../api/wire";

/** What is being written for one request, by the index that each candidate will have. */
export interface Live {
  request: number;
  parent: number;
  step: number;
  number: number;
  replaces: number | null;
  policy: string;
  offer: number | null;
  indices: number[]; // in the order of the slots
  texts: Record<number, string>;
  guessed: Record<number, string>; // drawn ahead, shown until the first word of a text comes
  settings: Record<number, Settings>;
  complete: Record<number, Candidate>;
}

/** A candidate that was taken here and of which the server has not told yet. */
export interface Guess {
  offer: number;
  index: number;
  passage: number; // as it is shown
}

export interface StoryState {
  story: Story | null;
  live: Record<number, Live>;
  ahead: Ahead[];
  guess: Guess | null;
  isRemoved: boolean;
}

/** What the page itself does to its state: it shows a candidate as taken with what was drawn ahead, or takes that back. */
export type OwnEvent = { kind: "guess"; data: Ahead } | { kind: "unguess" };

export const emptyState: StoryState = { story: null, live: {}, ahead: [], guess: null, isRemoved: false };

/** The number of the request that nobody has told of yet. */
export const guessedRequest = -1;

const isOpen = (request: DrawRequest) => request.state === "waiting" || request.state === "claimed";

function put<T>(list: readonly T[], item: T, isSame: (other: T) => boolean): T[] {
  const at = list.findIndex(isSame);
  if (at < 0) return [...list, item];
  const copy = list.slice();
  copy[at] = item;
  return copy;
}

function without(live: Record<number, Live>, request: number): Record<number, Live> {
  if (!(request in live)) return live;
  const rest = { ...live };
  delete rest[request];
  return rest;
}

/** What a request will write, as far as the request alone tells. */
function expected(story: Story, request: DrawRequest): Live {
  const offer = story.offers.find((each) => each.id === request.offer);
  const first = request.kind === "redraw" ? (offer?.candidates.length ?? 0) : 0;
  const count = request.kind === "redraw" ? 1 : Math.max(1, request.candidates);
  return {
    request: request.id,
    parent: request.parent,
    step: request.step,
    number: offer?.number ?? story.offers.filter((each) => each.parent === request.parent).length,
    replaces: request.replaces,
    policy: "",
    offer: request.offer,
    indices: Array.from({ length: count }, (_, i) => first + i),
    texts: {},
    guessed: {},
    settings: {},
    complete: {},
  };
}

function opened(data: Extract<StoryEvent, { kind: "story" }>["data"]): StoryState {
  const { live: texts = [], ahead = [], ...story } = data;
  const live: Record<number, Live> = {};
  for (const request of story.requests ?? []) if (isOpen(request)) live[request.id] = expected(story, request);
  for (const each of texts) {
    const known = live[each.request];
    if (!known) continue;
    if (each.indices && each.indices.length === each.texts.length) known.indices = each.indices;
    if (each.policy) known.policy = each.policy;
    each.settings?.forEach((settings, i) => {
      const index = known.indices[i];
      if (index !== undefined) known.settings[index] = settings;
    });
    each.texts.forEach((text, i) => {
      const index = known.indices[i];
      if (index !== undefined) known.texts[index] = text;
    });
  }
  return { story: { ...story, requests: story.requests ?? [] }, live, ahead, guess: null, isRemoved: false };
}

/** Whether the story has every candidate that was being written. */
function isKept(story: Story, live: Live, offer: number | null): boolean {
  const kept = story.offers.find((each) => each.id === offer);
  return kept !== undefined && live.indices.every((index) => kept.candidates.some((each) => each.index === index));
}

function withRequest(state: StoryState, story: Story, request: DrawRequest): StoryState {
  const requests = put(story.requests, request, (each) => each.id === request.id);
  let live = state.live;
  const known = live[request.id];
  // The offer of a request that is done may be told after it: until then its candidates stay where they are.
  const isAwaited = request.state === "done" && known !== undefined && !isKept(story, known, request.offer ?? known.offer);
  if (isAwaited) live = { ...live, [request.id]: { ...known, offer: request.offer ?? known.offer } };
  else if (!isOpen(request)) live = without(live, request.id);
  else if (!live[request.id]) {
    const guess = live[guessedRequest];
    const isGuessed = guess !== undefined && request.kind === "offer" && request.parent === guess.parent;
    if (isGuessed) live = without(live, guessedRequest);
    live = { ...live, [request.id]: isGuessed ? { ...guess, request: request.id } : expected(story, request) };
  }
  return { ...state, story: { ...story, requests }, live };
}

function withOffer(state: StoryState, story: Story, offer: Offer): StoryState {
  const offers = put(story.offers, offer, (each) => each.id === offer.id);
  let live = state.live;
  for (const each of Object.values(live)) {
    const isDone = each.indices.every((index) => offer.candidates.some((candidate) => candidate.index === index));
    const isSame = each.offer === offer.id ||
      (each.offer === null && each.replaces === null && each.parent === offer.parent && each.number === offer.number);
    if (isSame && isDone) live = without(live, each.request);
  }
  return { ...state, story: { ...story, offers }, live };
}

const withPassage = (story: Story, passage: Passage | null, head: number): Story => ({
  ...story,
  head,
  passages: passage ? put(story.passages, passage, (each) => each.id === passage.id) : story.passages,
});

/** The state as the server has told of it so far: without the passage that the page put in itself. */
function withoutPending(state: StoryState, story: Story): Story {
  const pending = state.guess && story.passages.find((each) => each.id === state.guess!.passage && each.isPending);
  if (!pending) return story;
  const passages = story.passages.filter((each) => each !== pending);
  return { ...story, passages, head: story.head === pending.id ? (pending.parent ?? story.head) : story.head };
}

function guessed(state: StoryState, story: Story, ahead: Ahead): StoryState {
  const offer = story.offers.find((each) => each.id === ahead.offer);
  const candidate = offer?.candidates.find((each) => each.index === ahead.index);
  if (!offer || !candidate || story.head !== offer.parent || state.guess) return state;
  const id = Math.max(...story.passages.map((each) => each.id)) + 1;
  const passage: Passage = {
    id, parent: offer.parent, origin: "generated", text: candidate.text, offer: offer.id, index: candidate.index, created: Date.now(), isPending: true,
  };
  const settings: Record<number, Settings> = {};
  const words: Record<number, string> = {};
  ahead.indices.forEach((index, i) => {
    settings[index] = ahead.settings[i] ?? {};
    words[index] = ahead.texts[i] ?? "";
  });
  const live: Live = {
    request: guessedRequest, parent: id, step: ahead.step, number: 0, replaces: null, policy: ahead.policy, offer: null,
    indices: ahead.indices, texts: {}, guessed: words, settings, complete: {},
  };
  return {
    ...state,
    story: withPassage(story, passage, id),
    live: { ...state.live, [guessedRequest]: live },
    guess: { offer: offer.id, index: candidate.index, passage: id },
  };
}

/** The server told of a passage: where it is the guessed one, what was drawn ahead of it stays with it. */
function told(state: StoryState, story: Story, passage: Passage | null, head: number): StoryState {
  const guess = state.guess;
  const after = withPassage(withoutPending(state, story), passage, head);
  if (!guess) return { ...state, story: after };
  if (!passage || passage.offer !== guess.offer || passage.index !== guess.index)
    return { ...state, story: after, live: without(state.live, guessedRequest), guess: null };
  const own = state.live[guessedRequest];
  const live = own ? { ...state.live, [guessedRequest]: { ...own, parent: passage.id } } : state.live;
  return { ...state, story: after, live, guess: null };
}

function changedLive(state: StoryState, request: number, change: (live: Live) => Partial<Live>): StoryState {
  const live = state.live[request];
  if (!live) return state;
  return { ...state, live: { ...state.live, [request]: { ...live, ...change(live) } } };
}

/** The state after an event. Events of a story that was not opened change nothing. */
export function reduce(state: StoryState, event: StoryEvent | OwnEvent): StoryState {
  if (event.kind === "story") return opened(event.data);
  const story = state.story;
  if (!story) return state;
  switch (event.kind) {
    case "request":
      return withRequest(state, story, event.data);
    case "step": {
      const { request, parent, step, number, replaces, policy, indices } = event.data;
      const settings: Record<number, Settings> = {};
      indices.forEach((index, i) => (settings[index] = event.data.settings[i] ?? {}));
      const offer = story.requests.find((each) => each.id === request)?.offer ?? null;
      const words = state.live[request]?.guessed ?? {};
      const fresh: Live = { request, parent, step, number, replaces, policy, offer, indices, texts: {}, guessed: words, settings, complete: {} };
      return { ...state, live: { ...state.live, [request]: fresh } };
    }
    case "text": {
      const { request, index, text } = event.data;
      return changedLive(state, request, (live) => ({ texts: { ...live.texts, [index]: (live.texts[index] ?? "") + text } }));
    }
    case "candidate": {
      const { request, offer, candidate } = event.data;
      return changedLive(state, request, (live) => ({
        offer,
        indices: live.indices.includes(candidate.index) ? live.indices : [...live.indices, candidate.index],
        complete: { ...live.complete, [candidate.index]: candidate },
        settings: { ...live.settings, [candidate.index]: candidate.settings },
        texts: { ...live.texts, [candidate.index]: candidate.text },
      }));
    }
    case "offer":
      return withOffer(state, story, event.data);
    case "choice": {
      const { choice, passage, head } = event.data;
      const isSame = (each: typeof choice) =>
        each.offer === choice.offer && each.created === choice.created && each.passage === choice.passage;
      const after = told(state, story, passage, head);
      return { ...after, story: { ...after.story!, choices: put(story.choices, choice, isSame) } };
    }
    case "passage":
      return told(state, story, event.data.passage, event.data.head);
    case "ahead": {
      const ahead = event.data;
      if (ahead.offer === null) return { ...state, ahead: [] };
      return { ...state, ahead: [...state.ahead.filter((each) => each.offer === ahead.offer && each.index !== ahead.index), ahead] };
    }
    case "guess":
      return guessed(state, story, event.data);
    case "unguess":
      return { ...state, story: withoutPending(state, story), live: without(state.live, guessedRequest), guess: null };
    case "move":
      return { ...state, story: { ...story, head: event.data.head } };
    case "rating": {
      const rating = event.data;
      const isSame = (each: typeof rating) =>
        each.offer === rating.offer && each.index === rating.index && each.user === rating.user;
      return { ...state, story: { ...story, ratings: put(story.ratings, rating, isSame) } };
    }
    case "notes":
      return { ...state, story: { ...story, notes: event.data }, ahead: [] };
    case "removed":
      return { ...state, isRemoved: true };
  }
}
