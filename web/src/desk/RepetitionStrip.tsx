// SPDX-License-Identifier: 0BSD
// How much of the story repeats itself, as a thin strip along the manuscript: a passage is as long on it as in
// the text, wider and warmer the more of it was there before.
import type { Passage, Statistics } from "../api/wire";

export interface Stretch {
  passage: number;
  from: number; // shares of the manuscript, 0 to 1
  to: number;
  share: number;
}

export function stretchesOf(path: Passage[], repetition: Statistics["repetition"]): Stretch[] {
  const total = path.reduce((sum, each) => sum + each.text.length, 0) || 1;
  const shares = new Map<number, { sum: number; weight: number }>();
  for (const each of repetition) {
    const weight = Math.max(1, each.end - each.begin);
    const known = shares.get(each.passage) ?? { sum: 0, weight: 0 };
    shares.set(each.passage, { sum: known.sum + weight * each.copied_share, weight: known.weight + weight });
  }
  let at = 0;
  return path.map((each) => {
    const from = at / total;
    at += each.text.length;
    const share = shares.get(each.id);
    return { passage: each.id, from, to: at / total, share: share ? Math.min(1, share.sum / share.weight) : 0 };
  });
}

export function RepetitionStrip({ stretches }: { stretches: Stretch[] }) {
  const worst = stretches.reduce((most, each) => (each.share > most.share ? each : most), { share: 0, passage: 0, from: 0, to: 0 });
  const all = stretches.reduce((sum, each) => sum + each.share * (each.to - each.from), 0);
  if (all < 0.005) return null;
  const label = `${Math.round(all * 100)} % of the story repeats itself; most in passage ${worst.passage}, ${Math.round(worst.share * 100)} %`;
  return (
    <svg className="repetition" viewBox="0 0 10 1000" preserveAspectRatio="none" role="img" aria-label={label}>
      <title>{label}</title>
      {stretches.filter((each) => each.share > 0.02).map((each) => (
        <rect key={each.passage} x={10 - 2 - 8 * each.share} width={2 + 8 * each.share} y={each.from * 1000} height={Math.max(2, (each.to - each.from) * 1000 - 1)} opacity={0.3 + 0.7 * each.share} />
      ))}
    </svg>
  );
}
