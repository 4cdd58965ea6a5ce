// SPDX-License-Identifier: 0BSD
// One setting of the long list, by what its schema says it is: a number, a switch, a list of lines, or pairs.
import { useEffect, useId, useState } from "react";
import type { SettingSchema, SettingValue } from "../api/wire";
import { allowed, shown } from "../text/hints";
import { hintOf } from "./SettingDial";

/** The text of a list or of pairs, a line each, and back. Null: the text cannot be read. */
export function linesOf(value: SettingValue | undefined): string {
  if (Array.isArray(value)) return value.map((each) => each.replace(/\n/g, "\\n").replace(/\t/g, "\\t")).join("\n");
  if (value && typeof value === "object") return Object.entries(value).map(([name, number]) => `${name}: ${number}`).join("\n");
  return "";
}

export function valueOf(text: string, schema: SettingSchema): SettingValue | null {
  const lines = text.split("\n").filter((line) => line !== "");
  if (schema.type === "array") {
    // Only \n and \t are read as what they stand for; any other backslash belongs to a pattern.
    const list = lines.map((line) => line.replace(/\\n/g, "\n").replace(/\\t/g, "\t"));
    const names = schema.items?.enum;
    if (names && (list.some((each) => !names.includes(each)) || new Set(list).size !== list.length)) return null;
    return list;
  }
  const pairs: Record<string, number> = {};
  for (const line of lines.filter((each) => each.trim() !== "")) {
    const match = /^\s*(0|[1-9][0-9]*)\s*[:=]\s*(-?\d+(?:\.\d+)?)\s*$/.exec(line);
    if (!match || Math.abs(Number(match[2])) > 100) return null;
    pairs[match[1]!] = Number(match[2]);
  }
  return pairs;
}

export function SettingField({ name, schema, value, isSet, onChange }: {
  name: string;
  schema: SettingSchema;
  value: SettingValue | undefined;
  isSet: boolean;
  onChange: (value: SettingValue | undefined) => void;
}) {
  const id = useId();
  const isList = schema.type === "array" || schema.type === "object";
  const [text, setText] = useState(isList ? linesOf(value) : shown(value ?? ""));
  const [isWrong, setWrong] = useState(false);
  useEffect(() => {
    setText(isList ? linesOf(value) : shown(value ?? ""));
    setWrong(false);
  }, [JSON.stringify(value)]);
  const settle = () => {
    if (isList) {
      const next = valueOf(text, schema);
      setWrong(next === null);
      if (next !== null && JSON.stringify(next) !== JSON.stringify(value)) onChange(next);
      return;
    }
    const next = text.trim() === "" ? null : allowed(Number(text), schema);
    setWrong(next === null);
    if (next !== null && next !== value) onChange(next);
    else if (next !== null) setText(shown(next));
  };
  const low = schema.minimum ?? schema.exclusiveMinimum;
  return (
    <div className={isSet ? "field set" : "field"}>
      <div className="line">
        <label htmlFor={id}><code>{name}</code></label>
        {schema.type === "boolean" ? (
          <input id={id} type="checkbox" checked={value === true} onChange={(event) => onChange(event.target.checked)} />
        ) : !isList && (
          <input id={id} inputMode="decimal" value={text} aria-invalid={isWrong} onChange={(event) => setText(event.target.value)} onBlur={settle}
            onKeyDown={(event) => event.key === "Enter" && settle()} />
        )}
        <button className="small" disabled={!isSet} onClick={() => onChange(undefined)} aria-label={`${name}: back to the default`} title="Back to the default">↺</button>
      </div>
      {isList && <textarea id={id} rows={Math.min(5, Math.max(2, text.split("\n").length))} value={text} aria-invalid={isWrong} onChange={(event) => setText(event.target.value)} onBlur={settle}
        placeholder={schema.type === "array" ? "one a line; \\n is a line break" : "token id: number, one a line"} />}
      <p className="quiet">
        {hintOf(schema)}
        {isWrong && <strong> {isList ? (schema.items?.enum ? `One a line, each once, of: ${schema.items.enum.join(", ")}.` : "One pair a line: the id of a token, a colon, a number from -100 to 100.") : `A number${low !== undefined ? ` from ${low}` : ""}${schema.maximum !== undefined ? ` to ${schema.maximum}` : ""}.`}</strong>}
      </p>
    </div>
  );
}
