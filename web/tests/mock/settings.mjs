// SPDX-License-Identifier: 0BSD
// The settings as the server describes them: names, ranges and hints as in src/sample/fields.cpp.
const real = (low, high, standard, description, isOpen = false) =>
  ({ type: "number", [isOpen ? "exclusiveMinimum" : "minimum"]: low, maximum: high, default: standard, description });
const whole = (low, standard, description, high = 1000000) => ({ type: "integer", minimum: low, maximum: high, default: standard, description });
const texts = (standard, description) => ({ type: "array", items: { type: "string", minLength: 1 }, default: standard, description });
const stages = ["penalties", "dry", "temperature", "top_k", "top_p", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff", "top_n_sigma", "xtc"];

export const schema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "Settings",
  type: "object",
  additionalProperties: false,
  properties: {
    temperature: real(0, 10, 0.8, "How daring the words are: 0 always takes the likeliest, 1 is the model as it is. Source: Ackley, Hinton, Sejnowski, 1985."),
    dynatemp_range: real(0, 10, 0, "The temperature moves by up to this: down where the model is sure, up where it is not; 0 is off."),
    dynatemp_exponent: real(0, 10, 1, "How the temperature follows the model's unsureness: above 1 it stays low longer.", true),
    top_k: whole(0, 0, "Only this many of the likeliest tokens stay in play; 0 keeps all. Unit: tokens."),
    top_p: real(0, 1, 1, "Only the likeliest tokens that together reach this share stay in play; 1 keeps all. Unit: probability.", true),
    min_p: real(0, 1, 0, "Only tokens at least this fraction as likely as the likeliest stay in play; 0 keeps all. Unit: ratio."),
    typical_p: real(0, 1, 1, "Only the tokens closest to the expected surprise that together reach this share stay in play; 1 keeps all. Unit: probability.", true),
    xtc_probability: real(0, 1, 0, "How often the most expected tokens are left out, so that a likely but less expected one is taken; 0 is off."),
    xtc_threshold: real(0, 1, 0.1, "How probable a token must be to count as expected; the last of them stays."),
    mirostat_tau: real(0, 100, 0, "The surprise a word that the text is held to, whatever the model; 0 is off. Unit: bits."),
    repetition_penalty: real(0, 10, 1, "Above 1, tokens that the text already has become less likely; 1 is off.", true),
    frequency_penalty: real(-2, 2, 0, "Taken off a token's logit for each time that the text has it; 0 is off."),
    penalty_window: whole(-1, -1, "How many of the newest tokens the penalties look at; -1 is the whole text. Unit: tokens."),
    dry_multiplier: real(0, 100, 0, "How hard a word is pressed down that would go on repeating a passage of the text; 0 is off."),
    max_new_tokens: whole(1, 64, "How many tokens a continuation may have; it ends at a sentence end near there. Unit: tokens."),
    num_beams: whole(1, 1, "Above 1 nothing is drawn: this many beginnings are followed for the most probable text. Unit: beams.", 64),
    length_penalty: real(-10, 10, 0, "For beams: above 0 longer texts score better, below 0 shorter ones."),
    dry_breakers: texts(["\n", ":", "\"", "*"], "No repetition that DRY sees reaches across these."),
    bad_words: texts([], "Never written, in any case and white space."),
    bad_patterns: texts([], "Regular expressions (RE2) that the text never matches."),
    stop: texts([], "The text ends before the first of these."),
    logit_bias: { type: "object", propertyNames: { pattern: "^(0|[1-9][0-9]*)$" }, additionalProperties: { type: "number", minimum: -100, maximum: 100 }, default: {}, description: "Added to a token's logit; -100 bans it." },
    ignore_end: { type: "boolean", default: false, description: "Whether the model may never end the text." },
    order: { type: "array", uniqueItems: true, items: { type: "string", enum: stages }, default: stages, description: "The samplers, in the order in which they act." },
  },
};

export const standard = Object.fromEntries(Object.entries(schema.properties).map(([name, each]) => [name, each.default]));

/** The name of the first setting that is unknown or out of range; null where all are fine. */
export function wrongSetting(settings) {
  for (const [name, value] of Object.entries(settings)) {
    const each = schema.properties[name];
    if (!each) return `unknown setting '${name}'`;
    if (each.type === "number" || each.type === "integer") {
      const isFine = typeof value === "number" && value <= each.maximum && (each.minimum === undefined || value >= each.minimum) && (each.exclusiveMinimum === undefined || value > each.exclusiveMinimum);
      if (!isFine) return `${name} ${value} is out of range`;
    }
  }
  return null;
}

export const builtIn = [
  { name: "calm", hint: "Close to what the model expects: few surprises, clean sentences.", settings: { temperature: 0.6, min_p: 0.1, dry_multiplier: 0.4 }, is_built_in: true },
  { name: "lively", hint: "The model as it is, without its unlikely words.", settings: { temperature: 1, min_p: 0.05, dry_multiplier: 0.8 }, is_built_in: true },
  { name: "wild", hint: "Hot, and every other time without the words that everybody expects.", settings: { temperature: 1.3, min_p: 0.04, xtc_probability: 0.5, dry_multiplier: 0.8 }, is_built_in: true },
];

export const policies = {
  policies: [
    { name: "random", hint: "Each way on draws its own settings, to find out what you like." },
    { name: "fixed", hint: "All ways on have the settings that you set." },
    { name: "auto", hint: "Learns from what you took." },
  ],
  default: "random",
};

export const drawn = ["temperature", "top_k", "typical_p", "max_new_tokens"];
