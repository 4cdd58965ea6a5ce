// SPDX-License-Identifier: 0BSD
// What was taken against what was shown, step by step; how much repeats itself; how fast it was written.
import type { Statistics } from "../api/wire";
import { LineChart, type Point } from "./LineChart";

const titles: [string, string][] = [
  ["temperature", "Daring (temperature)"], ["top_k", "Words in play (top_k)"], ["typical_p", "Evenness (typical_p)"],
  ["max_new_tokens", "Length (max_new_tokens)"], ["top_p", "Share of words in play (top_p)"], ["min_p", "Unlikely left out (min_p)"],
];

function pointsOf(statistics: Statistics, of: "picked" | "shown", name: string): Point[] {
  return statistics.steps.flatMap((each) => {
    const spread = each[of][name];
    return spread && spread.mean !== null && spread.n > 0 ? [{ x: each.step, y: spread.mean, spread: of === "picked" ? spread.sd : null }] : [];
  });
}

export function NumbersLeaf({ statistics }: { statistics: Statistics | null }) {
  if (!statistics) return <div className="leaf-body"><p className="quiet">counting …</p></div>;
  const { totals, speed, repetition } = statistics;
  const copied = repetition.length > 0 ? repetition.reduce((sum, each) => sum + each.copied_share * Math.max(1, each.end - each.begin), 0) /
    repetition.reduce((sum, each) => sum + Math.max(1, each.end - each.begin), 0) : 0;
  const charts = titles.map(([name, title]) => ({ name, title, picked: pointsOf(statistics, "picked", name), shown: pointsOf(statistics, "shown", name) }))
    .filter((each) => each.shown.length > 0 && [...each.picked, ...each.shown].some((point) => point.y !== each.shown[0]!.y));
  return (
    <div className="leaf-body">
      <dl className="totals">
        {([["words", totals.words], ["steps", Math.max(0, totals.passages - 1)], ["ways on shown", totals.candidates], ["taken", totals.picked]] as const).map(([name, value]) => (
          <div key={name}><dt>{name}</dt><dd>{value}</dd></div>
        ))}
      </dl>
      <p className="quiet">{copied < 0.01 ? "Nothing of it repeats itself." : `${Math.round(copied * 100)} % of it repeats what stood before; the strip beside the text shows where.`}</p>
      {charts.map((each) => (
        <LineChart key={each.name} title={each.title} xName="step" series={[{ name: "shown", points: each.shown, isFaint: true }, { name: "taken", points: each.picked }]} />
      ))}
      {charts.length === 0 && <p className="quiet">Once you have taken a few ways on with different settings, this shows which you like at which step.</p>}
      {speed.length > 0 && <LineChart title="Speed (tokens a second)" xName="draw" series={[{ name: "speed", points: speed.map((each, i) => ({ x: i + 1, y: each.tokens_per_second })) }]} />}
    </div>
  );
}
