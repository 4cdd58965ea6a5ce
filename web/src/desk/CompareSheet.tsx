// SPDX-License-Identifier: 0BSD
// Texts side by side, the words that differ from the first marked by more than colour.
import { useMemo } from "react";
import type { Settings } from "../api/wire";
import { differences } from "../text/differences";
import { moodOf, saysOf } from "../text/hints";
import { Sheet } from "./Sheet";

export interface Compared {
  key: string;
  name: string;
  text: string;
  settings: Settings | null;
  act: { title: string; run: () => void } | null;
}

export function CompareSheet({ texts, onClose }: { texts: Compared[]; onClose: () => void }) {
  const first = texts[0]?.text ?? "";
  const pieces = useMemo(
    () => texts.map((each, i) => (i === 0 ? differences(first, texts[1]?.text ?? first) : differences(each.text, first))),
    [texts, first]);
  return (
    <Sheet title="Side by side" onClose={onClose} isWide>
      <p className="quiet">Underlined words are not in {texts[0]?.name ?? "the first"} at that place.</p>
      <div className="compared">
        {texts.map((each, i) => (
          <section key={each.key} aria-label={each.name}>
            <h3>{each.name}</h3>
            {each.settings && <p className="quiet">{moodOf(each.settings)} · {saysOf(each.settings).join(" · ")}</p>}
            <p className="text">
              {pieces[i]!.map((piece, at) => (piece.isDifferent && i > 0 ? <mark key={at}>{piece.text}</mark> : <span key={at}>{piece.text}</span>))}
            </p>
            {each.act && <button onClick={() => { each.act!.run(); onClose(); }}>{each.act.title}</button>}
          </section>
        ))}
      </div>
    </Sheet>
  );
}
