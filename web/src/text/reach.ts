// SPDX-License-Identifier: 0BSD
// Which words of a written text would still have been in play under other settings, from the rank and the
// probability that each had under the model. Only what those two tell: top_k, min_p against the word's own
// place, epsilon_cutoff; temperature 0 keeps only the first.
import type { Settings, WordReach } from "../api/wire";

const number = (settings: Settings, name: string, otherwise: number): number => {
  const value = settings[name];
  return typeof value === "number" ? value : otherwise;
};

export function isInReach(word: WordReach, settings: Settings): boolean {
  if (number(settings, "temperature", 1) === 0 && word.rank > 0) return false;
  const topK = number(settings, "top_k", 0);
  if (topK > 0 && word.rank >= topK) return false;
  const probability = Math.exp(word.logprob);
  // The likeliest word has at most what this one and those before it leave: a bound, not the number itself.
  const mostOfBest = word.rank === 0 ? probability : 1 - probability;
  const leastOfBest = Math.max(probability, word.rank === 0 ? probability : 0);
  if (word.rank > 0 && probability < number(settings, "min_p", 0) * Math.max(leastOfBest, mostOfBest / (word.rank + 1))) return false;
  return probability >= number(settings, "epsilon_cutoff", 0) || word.rank === 0;
}
