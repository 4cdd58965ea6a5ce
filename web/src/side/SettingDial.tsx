// SPDX-License-Identifier: 0BSD
// One setting as a slider with words at its ends, the number beside it, and what it means under it.
import { useId } from "react";
import type { SettingSchema } from "../api/wire";
import { allowed, shown, type Dial } from "../text/hints";

/** The first sentence of a description: the rest (unit, source) is for the long list. */
export const hintOf = (schema: SettingSchema): string => (schema.description ?? "").split(/ Unit: | Source: /)[0] ?? "";

export function SettingDial({ dial, schema, value, isSet, onChange }: {
  dial: Dial;
  schema: SettingSchema;
  value: number;
  isSet: boolean;
  onChange: (value: number | undefined) => void;
}) {
  const id = useId();
  const set = (text: string) => {
    const next = text.trim() === "" ? null : allowed(Number(text), schema);
    if (next !== null) onChange(next);
  };
  return (
    <div className={isSet ? "dial set" : "dial"}>
      <div className="line">
        <label htmlFor={id}>{dial.title}</label>
        <input type="number" aria-label={`${dial.title} as a number`} value={value} step={dial.step} onChange={(event) => set(event.target.value)} />
        <button className="small" disabled={!isSet} onClick={() => onChange(undefined)} aria-label={`${dial.title}: leave it to the desk`} title="Leave it to the desk">↺</button>
      </div>
      <input
        id={id} type="range" min={dial.from} max={dial.to} step={dial.step} value={Math.min(dial.to, Math.max(dial.from, value))} onChange={(event) => set(event.target.value)}
        aria-valuetext={`${shown(value)}, from ${dial.low} to ${dial.high}`} aria-describedby={`${id}-hint`}
      />
      <div className="ends quiet" aria-hidden="true"><span>{dial.low}</span><span>{dial.high}</span></div>
      <p id={`${id}-hint`} className="quiet">{hintOf(schema)}</p>
    </div>
  );
}
