// SPDX-License-Identifier: 0BSD
// A story as the page knows it: the server's events, reduced by one pure function. It knows no
// network, no clock and no component; a recorded stream gives the same state wherever it is read.
import type { Candidate, DrawRequest, Offer, Passage, Settings, Story, StoryEvent } from "../api/wire";

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
  settings: Record<number, Settings>;
  complete: Record<number, Candidate>;
}

export interface StoryState {
  story: Story | null;
  live: Record<number, Live>;
  isRemoved: boolean;
}

export const emptyState: StoryState = { story: null, live: {}, isRemoved: false };

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
    settings: {},
    complete: {},
  };
}

function opened(data: Extract<StoryEvent, { kind: "story" }>["data"]): StoryState {
  const { live: texts = [], ...story } = data;
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
  return { story: { ...story, requests: story.requests ?? [] }, live, isRemoved: false };
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
  else if (!live[request.id]) live = { ...live, [request.id]: expected(story, request) };
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

function changedLive(state: StoryState, request: number, change: (live: Live) => Partial<Live>): StoryState {
  const live = state.live[request];
  if (!live) return state;
  return { ...state, live: { ...state.live, [request]: { ...live, ...change(live) } } };
}

/** The state after an event. Events of a story that was not opened change nothing. */
export function reduce(state: StoryState, event: StoryEvent): StoryState {
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
      const fresh: Live = { request, parent, step, number, replaces, policy, offer, indices, texts: {}, settings, complete: {} };
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
      return { ...state, story: { ...withPassage(story, passage, head), choices: put(story.choices, choice, isSame) } };
    }
    case "passage":
      return { ...state, story: withPassage(story, event.data.passage, event.data.head) };
    case "move":
      return { ...state, story: { ...story, head: event.data.head } };
    case "rating": {
      const rating = event.data;
      const isSame = (each: typeof rating) =>
        each.offer === rating.offer && each.index === rating.index && each.user === rating.user;
      return { ...state, story: { ...story, ratings: put(story.ratings, rating, isSame) } };
    }
    case "notes":
      return { ...state, story: { ...story, notes: event.data } };
    case "removed":
      return { ...state, isRemoved: true };
  }
}
