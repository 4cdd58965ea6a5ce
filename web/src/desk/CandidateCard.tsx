// SPDX-License-Identifier: 0BSD
// One way on: its words as they come, how it was drawn and why, and what a writer can do with it.
// Its room is kept from the start, so that nothing moves while it is written.
import { memo, useEffect, useRef, useState } from "react";
import type { Rating } from "../api/wire";
import { draftOf, editDraft, keepDraft } from "../state/drafts";
import type { Slot } from "../state/desk_view";
import { endingOf, moodOf, saysOf, shown, whyOf } from "../text/hints";
import { ReasonLine } from "./ReasonLine";
import { WildnessLine } from "./WildnessLine";

export interface CardDoes {
  take: (slot: Slot, text?: string) => void;
  redraw: (slot: Slot, nudge?: number) => void;
  rate: (of: { offer: number | null; index: number }, rating: number, reason: string) => void;
  edit: (slot: Slot | null) => void;
  current: (place: number) => void;
}

function Numbers({ slot }: { slot: Slot }) {
  const candidate = slot.candidate;
  const facts: [string, string][] = Object.entries(slot.settings)
    .filter(([, value]) => !(Array.isArray(value) && value.length > 4) && typeof value !== "object")
    .map(([name, value]) => [name, shown(value)]);
  if (candidate) {
    facts.unshift(["tokens", shown(candidate.tokens)]);
    if (candidate.mean_logprob !== null) facts.push(["mean log-probability", shown(candidate.mean_logprob)]);
    if (candidate.score !== null) facts.push(["score", shown(candidate.score)]);
    if (candidate.copied_share !== null) facts.push(["copied from the story", `${Math.round(candidate.copied_share * 100)} %`]);
    if (candidate.seconds) facts.push(["tokens a second", shown(Math.round((candidate.tokens / candidate.seconds) * 10) / 10)]);
  }
  return (
    <div className="numbers" tabIndex={0} role="group" aria-label={`Numbers of ${slot.label}`}>
      <WildnessLine settings={slot.settings} isLabelled />
      <dl>{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
    </div>
  );
}

function Editing({ slot, story, does }: { slot: Slot; story: number; does: CardDoes }) {
  const name = editDraft(story, slot.offer, slot.index);
  const [text, setText] = useState(() => draftOf(name) || slot.text);
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => area.current?.focus(), []);
  return (
    <>
      <textarea
        ref={area} className="body" aria-label={`Edit ${slot.label}`} value={text}
        onChange={(event) => {
          setText(event.target.value);
          keepDraft(name, event.target.value);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) does.take(slot, text);
          if (event.key === "Escape") does.edit(null);
        }}
      />
      <div className="acts">
        <button className="take" onClick={() => does.take(slot, text)}>Take as edited</button>
        <button onClick={() => does.edit(null)} title="What you changed is kept (Esc)">Later</button>
        <button onClick={() => { keepDraft(name, ""); does.edit(null); }}>Drop the change</button>
      </div>
    </>
  );
}

export const CandidateCard = memo(function CandidateCard({ slot, story, place, count, lines, isEdited, isAsked, isTaking, rating, does }: {
  slot: Slot;
  story: number;
  place: number;
  count: number;
  lines: number;
  isEdited: boolean;
  isAsked: boolean; // asked for, and the server has not begun
  isTaking: boolean;
  rating: Rating | null;
  does: CardDoes;
}) {
  const [hasNumbers, setNumbers] = useState(false);
  const [isRating, setIsRating] = useState(false);
  // The card stays in its place from step to step; what was opened on it belongs to the step.
  const [of, setOf] = useState(slot.key);
  if (of !== slot.key) {
    setOf(slot.key);
    setNumbers(false);
    setIsRating(false);
  }
  const isComplete = slot.candidate !== null && !slot.isWriting;
  const hasSettings = Object.keys(slot.settings).length > 0;
  const name = `Way ${slot.label} of ${count}`;
  const state = isTaking ? "being taken" : isAsked ? "asked for" : slot.isWriting ? "being written" : "complete";
  const begun = isComplete ? draftOf(editDraft(story, slot.offer, slot.index)) : "";
  const isChanged = begun !== "" && begun !== slot.text;
  const says = hasSettings ? saysOf(slot.settings).join(" · ") : " ";
  const ending = slot.candidate && slot.candidate.ending !== "sentence_end" ? endingOf(slot.candidate.ending) : "";
  const vote = (value: number) => {
    const next = rating?.rating === value ? 0 : value;
    does.rate(slot, next, "");
    setIsRating(next !== 0);
  };
  return (
    <section
      className={`card${slot.isWriting ? " writing" : ""}${isTaking ? " taking" : ""}`} aria-label={`${name}, ${state}`} tabIndex={-1}
      data-place={place} data-lines={lines} data-complete={isComplete} onFocus={() => does.current(place)} onPointerEnter={() => does.current(place)}
    >
      <header>
        <kbd aria-hidden="true">{place + 1}</kbd>
        <strong>{hasSettings ? moodOf(slot.settings) : isAsked ? "asked for" : " "}</strong>
        {hasSettings && <WildnessLine settings={slot.settings} />}
      </header>
      <p className="says quiet" title={whyOf(slot.policy)}>{says}</p>
      {isEdited && isComplete ? <Editing slot={slot} story={story} does={does} /> : (
        <>
          <div key={slot.key} className="body" tabIndex={0} role="group" aria-label={`Text of ${slot.label}`} style={{ ["--lines" as string]: lines }}>
            {slot.text.replace(/^\s+/u, "") || (slot.isWriting && <span className="waiting" aria-hidden="true"><i /><i /><i /></span>)}
            {isComplete && slot.text.trim() === "" && <span className="quiet">The model ended the story here, without a word.</span>}
            {slot.isWriting && slot.text && <span className="caret" aria-hidden="true" />}
          </div>
          <div className="acts">
            <button className="take" disabled={!isComplete || isTaking || slot.text.trim() === ""} onClick={() => does.take(slot)} aria-label={`Take ${slot.label}`}>Take</button>
            <button disabled={!isComplete} onClick={() => does.edit(slot)} aria-label={`Edit ${slot.label}, then take it`} title="Edit, then take (e)">{isChanged ? "Edit ✎" : "Edit"}</button>
            <button disabled={!isComplete} onClick={() => does.redraw(slot)} aria-label={`Draw ${slot.label} again`} title="Draw this one again (r)">Again</button>
            <button
              className="small" aria-expanded={hasNumbers} onClick={() => setNumbers(!hasNumbers)} disabled={!hasSettings}
              aria-label={`Why ${slot.label} is so, and its numbers`} title="Why, and the numbers"
            >Why</button>
          </div>
        </>
      )}
      {hasNumbers && (
        <div className="why">
          <p className="quiet">{whyOf(slot.policy)}{ending && `; ${ending}`}</p>
          <Numbers slot={slot} />
          {isComplete && (
            <div className="acts">
              <button onClick={() => does.redraw(slot, -0.3)}>Again, calmer</button>
              <button onClick={() => does.redraw(slot, 0.3)}>Again, wilder</button>
            </div>
          )}
        </div>
      )}
      <div className="votes">
        <button disabled={!isComplete} aria-pressed={rating?.rating === 1} onClick={() => vote(1)} aria-label={`Good: ${slot.label}`}>{rating?.rating === 1 ? "★ good" : "☆ good"}</button>
        <button disabled={!isComplete} aria-pressed={rating?.rating === -1} onClick={() => vote(-1)} aria-label={`Poor: ${slot.label}`}>{rating?.rating === -1 ? "▾ poor" : "▿ poor"}</button>
        {isChanged && !isEdited && <span className="quiet ending" title="Edit shows it; it is taken with the change, or you drop it">your change is kept</span>}
        {ending && !hasNumbers && !isChanged && <span className="quiet ending" title={ending}>{ending}</span>}
      </div>
      {isRating && rating && rating.rating !== 0 && (
        <ReasonLine of={`Why is ${slot.label} ${rating.rating > 0 ? "good" : "poor"}?`} draft={`reason.${story}.${slot.offer}.${slot.index}`} current={rating.reason}
          onReason={(reason) => { does.rate(slot, rating.rating, reason); setIsRating(false); }} onLeave={() => setIsRating(false)} />
      )}
    </section>
  );
});
