// SPDX-License-Identifier: 0BSD
// What docs/formats/http.md says, as types. Nothing here knows the page.

/** Numbers, switches and lists by the names of `fabula settings`; what is absent has its default. */
export type Settings = Record<string, SettingValue>;
export type SettingValue = number | boolean | string | string[] | Record<string, number>;

export interface Passage {
  id: number;
  parent: number | null;
  origin: string; // "opening", "generated", "edited", "written"
  text: string;
  offer: number | null;
  index: number | null;
  created: number;
  isPending?: boolean; // shown by the page, not yet told by the server
}

/** How far down the model's list a word stood. Servers that do not keep it send null. */
export interface WordReach {
  text: string;
  rank: number;
  logprob: number;
}

export interface Candidate {
  index: number;
  text: string;
  tokens: number;
  settings: Settings;
  policy: string;
  propensity: number | null;
  ending: string;
  score: number | null;
  mean_logprob: number | null;
  copied_share: number | null;
  seconds: number | null;
  words_reach: WordReach[] | null;
}

export interface Offer {
  id: number;
  parent: number;
  number: number;
  step: number;
  model: string;
  created: number;
  candidates: Candidate[];
  slots: number[];
}

export interface Choice {
  offer: number;
  index: number | null;
  passage: number | null;
  chooser: string;
  reason: string;
  user: string;
  created: number;
}

export interface Rating {
  offer: number;
  index: number;
  rating: number;
  reason: string;
  user: string;
  created: number;
}

export interface Notes {
  memory: string;
  author_note: string;
}

export type RequestState = "waiting" | "claimed" | "done" | "failed" | "cancelled";

export interface DrawRequest {
  id: number;
  story: number;
  kind: "offer" | "redraw";
  parent: number;
  offer: number | null;
  replaces: number | null;
  state: RequestState;
  position: number | null;
  candidates: number;
  step: number;
  error: string;
  created: number;
}

/** What is being written. A server may add what its `step` event told. */
export interface LiveTexts {
  request: number;
  texts: string[];
  indices?: number[];
  settings?: Settings[];
  policy?: string;
}

export interface Story {
  id: number;
  title: string;
  seed: string;
  model: string;
  instruction: string;
  created: number;
  version: string;
  head: number;
  passages: Passage[];
  offers: Offer[];
  choices: Choice[];
  ratings: Rating[];
  notes: Notes;
  requests: DrawRequest[];
}

export interface StepEvent {
  request: number;
  parent: number;
  step: number;
  number: number;
  replaces: number | null;
  settings: Settings[];
  indices: number[];
  policy: string;
}

/** What was drawn while the writer reads: the words that follow if `index` of `offer` is taken and `asked` is asked for again. */
export interface Ahead {
  offer: number;
  index: number;
  asked: string; // body of a request
  step: number;
  settings: Settings[];
  indices: number[];
  policy: string;
  texts: string[];
}

/** One event of a story's stream, its `data` read. */
export type StoryEvent =
  | { kind: "story"; data: Story & { live?: LiveTexts[]; ahead?: Ahead[] } }
  | { kind: "ahead"; data: Ahead | { offer: null } }
  | { kind: "request"; data: DrawRequest }
  | { kind: "step"; data: StepEvent }
  | { kind: "text"; data: { request: number; index: number; text: string } }
  | { kind: "candidate"; data: { request: number; offer: number; candidate: Candidate } }
  | { kind: "offer"; data: Offer }
  | { kind: "choice"; data: { choice: Choice; passage: Passage | null; head: number } }
  | { kind: "passage"; data: { passage: Passage; head: number } }
  | { kind: "move"; data: { kind: string; head: number } }
  | { kind: "rating"; data: Rating }
  | { kind: "notes"; data: Notes }
  | { kind: "removed"; data: Record<string, never> };

export const eventKinds = [
  "story", "request", "step", "text", "ahead", "candidate", "offer", "choice", "passage", "move", "rating", "notes", "removed",
] as const;

export interface StoryLine {
  id: number;
  title: string;
  created: number;
  changed: number;
  passages: number;
  candidates: number;
  words: number;
  model: string;
}

export interface StoryPage {
  stories: StoryLine[];
  next: number | null;
}

export interface Preset {
  name: string;
  hint: string;
  settings: Settings;
  is_built_in: boolean;
}

export interface Policies {
  policies: { name: string; hint: string }[];
  default: string;
}

export interface ModelLine {
  name: string;
  parameters?: number;
  type?: string;
  is_chat?: boolean;
  is_default?: boolean;
}

/** One property of the JSON Schema of settings. */
export interface SettingSchema {
  type: string;
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  default?: SettingValue;
  description?: string;
  items?: { type?: string; enum?: string[] };
}

export interface SettingsSchema {
  properties: Record<string, SettingSchema>;
}

export interface Spread {
  n: number;
  mean: number | null;
  sd: number | null;
}

export interface Statistics {
  steps: { step: number; picked: Record<string, Spread>; shown: Record<string, Spread> }[];
  repetition: { passage: number; begin: number; end: number; copied_share: number }[];
  speed: { offer: number; tokens: number; seconds: number; tokens_per_second: number }[];
  totals: { passages: number; offers: number; candidates: number; picked: number; words: number };
}

export interface NewStory {
  prompt: string;
  title?: string;
  seed?: string;
  instruction?: string;
}

export interface NewOffer {
  candidates: number;
  settings?: Settings;
  policy?: string;
  preset?: string;
  parent?: number;
}

export interface NewChoice {
  offer: number;
  index: number | null;
  text?: string;
  reason?: string;
  shown?: number[];
  seconds?: number;
  head: number;
}
