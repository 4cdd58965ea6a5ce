// SPDX-License-Identifier: 0BSD
// Where settings stand between safe and wild: a line with a mark. The words beside it say the same.
import type { Settings } from "../api/wire";
import { moodOf, wildness } from "../text/hints";

export function WildnessLine({ settings, isLabelled = false }: { settings: Settings; isLabelled?: boolean }) {
  const at = 4 + wildness(settings) * 92;
  return (
    <span className="wildness">
      {isLabelled && <span className="quiet">safe</span>}
      <svg viewBox="0 0 100 12" preserveAspectRatio="none" role="img" aria-label={`${moodOf(settings)}: ${Math.round(wildness(settings) * 100)} of 100 from safe to wild`}>
        <line x1="4" y1="6" x2="96" y2="6" className="rule" />
        {[4, 50, 96].map((x) => <line key={x} x1={x} y1="4" x2={x} y2="8" className="rule" />)}
        <rect x={at - 2} y="1" width="4" height="10" rx="1" className="here" />
      </svg>
      {isLabelled && <span className="quiet">wild</span>}
    </span>
  );
}
