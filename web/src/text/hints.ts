// SPDX-License-Identifier: 0BSD
// Settings in a writer's words: where they stand between safe and wild, and what they do.
import type { Settings, SettingSchema } from "../api/wire";

const numberOf = (settings: Settings, name: string, otherwise: number): number => {
  const value = settings[name];
  return typeof value === "number" && Number.isFinite(value) ? value : otherwise;
};

const clamp = (x: number, low = 0, high = 1) => Math.min(high, Math.max(low, x));

/**
 * How wild, in [0, 1]: a word's share of freedom, for the eye. Temperature counts most; cuts take from it, XTC adds.
 * It orders settings, it measures nothing.
 */
export function wildness(settings: Settings): number {
  const temperature = numberOf(settings, "temperature", 1);
  if (temperature === 0 || numberOf(settings, "num_beams", 1) > 1) return 0;
  let wild = clamp(temperature / 1.8);
  const topK = numberOf(settings, "top_k", 0);
  if (topK > 0) wild *= clamp(0.55 + 0.45 * (Math.log10(topK) / 2.5), 0.4);
  wild *= 0.6 + 0.4 * numberOf(settings, "top_p", 1);
  wild *= 0.75 + 0.25 * numberOf(settings, "typical_p", 1);
  wild *= 1 - 0.9 * clamp(numberOf(settings, "min_p", 0), 0, 0.5);
  wild += 0.2 * clamp(numberOf(settings, "xtc_probability", 0));
  return clamp(wild);
}

export function moodOf(settings: Settings): "calm" | "lively" | "wild" {
  const wild = wildness(settings);
  return wild < 0.4 ? "calm" : wild < 0.65 ? "lively" : "wild";
}

/** What the settings do, in at most three short clauses, the most telling first. */
export function saysOf(settings: Settings): string[] {
  const says: string[] = [];
  const temperature = numberOf(settings, "temperature", 1);
  const topK = numberOf(settings, "top_k", 0);
  const minP = numberOf(settings, "min_p", 0);
  const topP = numberOf(settings, "top_p", 1);
  const typical = numberOf(settings, "typical_p", 1);
  const beams = numberOf(settings, "num_beams", 1);
  if (beams > 1) says.push(`looks for the likeliest text among ${beams}`);
  else if (temperature === 0) says.push("always takes the likeliest word");
  else if (temperature <= 0.7) says.push("keeps to likely words");
  else if (temperature >= 1.15) says.push("reaches for unlikely words");
  if (numberOf(settings, "xtc_probability", 0) > 0) says.push("leaves out the expected");
  if (topK > 0 && topK <= 40) says.push(`from ${topK} words at most`);
  else if (minP >= 0.08 || topP <= 0.85) says.push("without the tail");
  if (typical < 0.9) says.push("no word too plain or too odd");
  if (numberOf(settings, "dry_multiplier", 0) > 0 || numberOf(settings, "repetition_penalty", 1) > 1.02)
    says.push("avoids repeating itself");
  const most = numberOf(settings, "max_new_tokens", 0);
  if (most > 0 && most <= 24) says.push("short");
  else if (most >= 96) says.push("long");
  if (says.length === 0) says.push("the model as it is");
  return says.slice(0, 3);
}

/** Why this one is as it is: where its settings came from. */
export function whyOf(policy: string): string {
  const [base = "", extra] = policy.split("+");
  const whys: Record<string, string> = {
    "": "",
    fixed: "with the settings that you set",
    random: "drawn at random, to see what suits you",
    average: "near what was picked at this step before",
    portfolio: "one of several ways that were picked before",
    auto: "as what was picked before suggests",
    adaptive: "warmer where the model is sure, cooler where it is not",
  };
  const why = whys[base] ?? `by the policy ${base}`;
  return extra === "adaptive" ? `${why}; ${whys["adaptive"]}` : why;
}

const endings: Record<string, string> = {
  sentence_end: "ends with a sentence",
  end_of_text: "the model ended the story here",
  end: "the model ended the story here",
  budget: "cut at the longest length",
  window: "the model's window is full",
  exhausted: "no word was left that may stand here",
  length: "cut at the longest length",
  max_tokens: "cut at the longest length",
  stop_string: "ends at a stop word",
  stopped: "stopped before it was finished",
  connection_lost: "the server broke off here",
};
export const endingOf = (ending: string): string => endings[ending] ?? ending.replace(/_/g, " ");

/** The settings that most writers touch, with the words at both ends of their dial. */
export interface Dial {
  name: string;
  title: string;
  low: string;
  high: string;
  from: number;
  to: number;
  step: number;
  isLogarithmic?: boolean;
}

export const dials: Dial[] = [
  { name: "temperature", title: "Daring", low: "safe", high: "wild", from: 0, to: 2, step: 0.05 },
  { name: "min_p", title: "Leave out the unlikely", low: "everything may come", high: "only strong words", from: 0, to: 0.5, step: 0.01 },
  { name: "top_p", title: "Share of words in play", low: "few", high: "all", from: 0.05, to: 1, step: 0.05 },
  { name: "top_k", title: "How many words in play", low: "all (0)", high: "many", from: 0, to: 500, step: 1 },
  { name: "typical_p", title: "Evenness", low: "even", high: "free", from: 0.05, to: 1, step: 0.05 },
  { name: "xtc_probability", title: "Skip the expected", low: "never", high: "always", from: 0, to: 1, step: 0.05 },
  { name: "dry_multiplier", title: "Against repeating", low: "off", high: "strict", from: 0, to: 2, step: 0.1 },
  { name: "max_new_tokens", title: "Length", low: "a phrase", high: "a page", from: 4, to: 400, step: 4 },
];

/** A value of a setting as the reader sees it. */
export function shown(value: unknown): string {
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : String(Math.round(value * 1000) / 1000);
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "yes" : "no";
  return JSON.stringify(value);
}

/** The number nearest to `value` that the schema allows; null where it is none. */
export function allowed(value: number, schema: SettingSchema): number | null {
  if (!Number.isFinite(value)) return null;
  let near = schema.type === "integer" ? Math.round(value) : value;
  if (schema.minimum !== undefined) near = Math.max(near, schema.minimum);
  if (schema.exclusiveMinimum !== undefined && near <= schema.exclusiveMinimum)
    near = schema.type === "integer" ? schema.exclusiveMinimum + 1 : schema.exclusiveMinimum + 0.01;
  if (schema.maximum !== undefined) near = Math.min(near, schema.maximum);
  return near;
}

/** How many lines a candidate of these settings may need, so that room is kept before it is written. */
export function linesFor(longestTokens: number, charactersALine: number): number {
  return Math.round(clamp((longestTokens * 3.9) / charactersALine + 1, 4, 12));
}
