// SPDX-License-Identifier: 0BSD
// A small plot with named axes: one or two series over steps, as dots and lines that differ in form, not only in colour.

export interface Point {
  x: number;
  y: number;
  spread?: number | null;
}

const width = 260;
const height = 120;
const left = 38;
const bottom = 22;

/** A round number at or above `most`, for the top of an axis. */
export function roundTop(most: number): number {
  if (!(most > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 1.5, 2, 3, 4, 5, 7.5, 10].map((each) => each * power).find((each) => each >= most * 0.9999) ?? 10 * power;
}

export function LineChart({ title, xName, series }: {
  title: string;
  xName: string;
  series: { name: string; points: Point[]; isFaint?: boolean }[];
}) {
  const all = series.flatMap((each) => each.points);
  if (all.length === 0) return null;
  const top = roundTop(Math.max(...all.map((each) => each.y + (each.spread ?? 0))));
  const first = Math.min(...all.map((each) => each.x));
  const last = Math.max(...all.map((each) => each.x), first + 1);
  const at = (point: Point) => [left + ((point.x - first) / (last - first)) * (width - left - 10), 8 + (1 - point.y / top) * (height - bottom - 8)] as const;
  const scale = (value: number) => (value / top) * (height - bottom - 8);
  const told = series.map((each) => {
    const newest = each.points[each.points.length - 1];
    return `${each.name}: ${each.points.length} points${newest ? `, the newest ${Math.round(newest.y * 100) / 100}` : ""}`;
  }).join("; ");
  return (
    <figure className="chart">
      <figcaption>{title}{series.length > 1 && <span className="quiet"> · {series.map((each) => `${each.isFaint ? "○" : "●"} ${each.name}`).join("  ")}</span>}</figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${title}. ${told}`}>
        {[0, top / 2, top].map((each) => {
          const [, y] = at({ x: first, y: each });
          return <g key={each}><line x1={left} x2={width - 10} y1={y} y2={y} className="grid" /><text x={left - 5} y={y + 4} textAnchor="end">{Math.round(each * 100) / 100}</text></g>;
        })}
        <text x={left} y={height - 5}>{first}</text>
        <text x={(left + width) / 2} y={height - 5} textAnchor="middle">{xName}</text>
        <text x={width - 10} y={height - 5} textAnchor="end">{last}</text>
        {series.map((each) => (
          <g key={each.name} className={each.isFaint ? "series faint" : "series"}>
            <polyline points={each.points.map((point) => at(point).join(",")).join(" ")} />
            {each.points.map((point) => {
              const [px, py] = at(point);
              return (
                <g key={point.x}>
                  {point.spread ? <line x1={px} x2={px} y1={Math.max(4, py - scale(point.spread))} y2={Math.min(height - bottom, py + scale(point.spread))} /> : null}
                  <circle cx={px} cy={py} r={each.points.length > 60 ? 1.5 : 3} />
                </g>
              );
            })}
          </g>
        ))}
      </svg>
    </figure>
  );
}
