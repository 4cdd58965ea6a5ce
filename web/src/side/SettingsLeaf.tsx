// SPDX-License-Identifier: 0BSD
// How the next ways on are drawn: words first, dials for what most touch, everything else behind one line.
import { useEffect, useMemo, useState } from "react";
import { ask } from "../api/client";
import type { Candidate, Policies, Preset, Settings, SettingsSchema, SettingValue } from "../api/wire";
import { WildnessLine } from "../desk/WildnessLine";
import { complain, say } from "../state/notices";
import { change, plainSetup, setSetting, setup } from "../state/setup";
import { useWatched } from "../state/store";
import { dials, moodOf, saysOf } from "../text/hints";
import { isInReach } from "../text/reach";
import { SettingDial } from "./SettingDial";
import { SettingField } from "./SettingField";

interface Known {
  schema: SettingsSchema;
  presets: Preset[];
  policies: Policies;
}

const presetName = (text: string) => text.trim().toLowerCase().replace(/[^a-z0-9_-]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 64);

function Reach({ candidate, settings }: { candidate: Candidate; settings: Settings }) {
  const words = candidate.words_reach ?? [];
  const out = words.filter((each) => !isInReach(each, settings)).length;
  return (
    <div className="reach-preview" role="group" aria-label="On the text already there">
      <p className="quiet">On the last passage: {out === 0 ? "every word would have been in reach" : `${out} of ${words.length} words would have been out of reach (struck)`}.</p>
      <p className="text">{words.map((each, i) => (isInReach(each, settings) ? <span key={i}>{each.text}</span> : <s key={i}>{each.text}</s>))}</p>
    </div>
  );
}

export function SettingsLeaf({ last }: { last: Candidate | null }) {
  const desk = useWatched(setup);
  const [known, setKnown] = useState<Known | null>(null);
  const [trouble, setTrouble] = useState("");
  const [filter, setFilter] = useState("");
  const [name, setName] = useState("");
  const read = async () => {
    try {
      const [schema, presets, policies] = await Promise.all([
        ask<SettingsSchema>("/api/v1/settings/schema"), ask<{ presets: Preset[] }>("/api/v1/presets"), ask<Policies>("/api/v1/policies"),
      ]);
      setKnown({ schema, presets: presets.presets, policies });
      setTrouble("");
    } catch (error) {
      complain("settings", error);
      setTrouble("The settings cannot be read now.");
    }
  };
  useEffect(() => void read(), []);
  const preset = known?.presets.find((each) => each.name === desk.preset) ?? null;
  const whole = useMemo(() => {
    const all: Settings = {};
    for (const [key, each] of Object.entries(known?.schema.properties ?? {})) if (each.default !== undefined) all[key] = each.default;
    return { ...all, ...preset?.settings, ...desk.settings };
  }, [known, preset, desk.settings]);
  if (!known) return <div className="leaf-body"><p className="quiet">{trouble || "reading the settings …"}</p>{trouble && <button onClick={() => void read()}>Try again</button>}</div>;

  const properties = known.schema.properties;
  const policy = desk.policy ?? known.policies.default;
  const isDrawn = policy.split("+")[0] !== "fixed";
  const pick = (each: Preset) => change({ preset: desk.preset === each.name ? null : each.name, settings: {}, policy: desk.preset === each.name ? null : "fixed" });
  const save = () => {
    const as = presetName(name);
    if (as === "") return;
    ask(`/api/v1/presets/${as}`, { method: "PUT", body: { settings: { ...preset?.settings, ...desk.settings } } })
      .then(() => read())
      .then(() => {
        change({ preset: as, settings: {}, policy: "fixed" });
        setName("");
        say("preset", `Kept as ${as}.`);
      })
      .catch((error: unknown) => complain("preset", error));
  };
  const remove = (each: Preset) =>
    ask(`/api/v1/presets/${each.name}`, { method: "DELETE" })
      .then(() => {
        if (desk.preset === each.name) change({ preset: null });
        return read();
      })
      .catch((error: unknown) => complain("preset", error));
  const set = (key: string, value: SettingValue | undefined) => setSetting(key, value);
  const rest = Object.entries(properties).filter(([key, each]) =>
    filter === "" || key.includes(filter.toLowerCase()) || (each.description ?? "").toLowerCase().includes(filter.toLowerCase()));
  const isChanged = desk.preset !== null || desk.policy !== null || Object.keys(desk.settings).length > 0;
  return (
    <div className="leaf-body settings">
      <p className="summary" aria-live="polite">
        {isDrawn && Object.keys(desk.settings).length === 0 && !desk.preset
          ? "Each way on is drawn with settings of its own."
          : <><strong>{moodOf(whole)}</strong>: {saysOf(whole).join(", ")}.</>}
      </p>
      {!(isDrawn && !desk.preset) && <WildnessLine settings={whole} isLabelled />}
      <fieldset className="chips">
        <legend>Mood</legend>
        {known.presets.map((each) => (
          <span key={each.name} className="chip">
            <button aria-pressed={desk.preset === each.name} title={each.hint} onClick={() => pick(each)}>{each.name}</button>
            {!each.is_built_in && <button className="small" aria-label={`Delete the preset ${each.name}`} onClick={() => void remove(each)}>×</button>}
          </span>
        ))}
        <p className="quiet">{preset?.hint || "A mood sets several dials at once."}</p>
      </fieldset>
      <label className="row">
        <span>How many ways on</span>
        <select value={desk.candidates} onChange={(event) => change({ candidates: Number(event.target.value) })}>
          {[1, 2, 3, 4, 5, 6, 7, 8].map((each) => <option key={each}>{each}</option>)}
        </select>
      </label>
      <label className="row">
        <span>How they differ</span>
        <select value={policy} onChange={(event) => change({ policy: event.target.value === known.policies.default ? null : event.target.value })}>
          {known.policies.policies.map((each) => <option key={each.name} value={each.name}>{each.name}</option>)}
        </select>
      </label>
      <p className="quiet">{known.policies.policies.find((each) => each.name === policy)?.hint}</p>
      <label className="check"><input type="checkbox" checked={desk.goesOn} onChange={(event) => change({ goesOn: event.target.checked })} /> go on by itself once one is taken</label>
      {last?.words_reach && <Reach candidate={last} settings={whole} />}
      {dials.filter((each) => properties[each.name]).map((each) => (
        <SettingDial
          key={each.name} dial={each} schema={properties[each.name]!} value={Number(whole[each.name] ?? 0)} isSet={each.name in desk.settings}
          onChange={(value) => set(each.name, value)}
        />
      ))}
      <div className="line save">
        <input value={name} onChange={(event) => setName(event.target.value)} placeholder="a name" aria-label="Name for these settings" maxLength={64}
          onKeyDown={(event) => event.key === "Enter" && save()} />
        <button onClick={save} disabled={presetName(name) === ""}>Keep as preset</button>
      </div>
      <button disabled={!isChanged} onClick={() => change({ ...plainSetup, candidates: desk.candidates, goesOn: desk.goesOn })}>Everything back to the desk's own</button>
      <details className="all-settings">
        <summary>All settings ({Object.keys(properties).length})</summary>
        <input type="search" value={filter} placeholder="find a setting" aria-label="Find a setting" onChange={(event) => setFilter(event.target.value)} />
        {rest.map(([key, each]) => (
          <SettingField key={key} name={key} schema={each} value={whole[key]} isSet={key in desk.settings} onChange={(value) => set(key, value)} />
        ))}
      </details>
    </div>
  );
}
