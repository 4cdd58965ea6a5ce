// SPDX-License-Identifier: 0BSD
// The desk of one story: the manuscript, the ways on at its end, the box to write in oneself.
import { useEffect, useMemo, useRef, useState } from "react";
import type { Passage, Statistics } from "../api/wire";
import { leftBehind, passageOf, pathTo } from "../state/desk_view";
import { forget, strandedEdits } from "../state/drafts";
import type { StoryState } from "../state/story_state";
import { linesFor } from "../text/hints";
import { CompareSheet, type Compared } from "./CompareSheet";
import { Deck } from "./Deck";
import { Manuscript } from "./Manuscript";
import { OwnWords } from "./OwnWords";
import { ReasonLine } from "./ReasonLine";
import { RepetitionStrip, stretchesOf } from "./RepetitionStrip";
import type { DeskState } from "./use_desk";

const numbersInWords = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight"];

function StrandedWords({ story, offer }: { story: number; offer: number | null }) {
  const [isOpen, setOpen] = useState(false);
  const [gone, setGone] = useState(0);
  const kept = useMemo(() => strandedEdits(story, offer), [story, offer, gone]);
  if (kept.length === 0) return null;
  return (
    <div className="stranded">
      <button onClick={() => setOpen(!isOpen)} aria-expanded={isOpen}>Words that you were editing elsewhere are kept ({kept.length})</button>
      {isOpen && kept.map((each) => (
        <div key={each.name}>
          <p className="text">{each.text}</p>
          <div className="acts">
            <button onClick={() => void navigator.clipboard?.writeText(each.text)}>Copy</button>
            <button onClick={() => { forget(`fabula.draft.${each.name}`); setGone(gone + 1); }}>Throw away</button>
          </div>
        </div>
      ))}
    </div>
  );
}

export function Desk({ state, desk, statistics, onSpeak }: {
  state: StoryState;
  desk: DeskState;
  statistics: Statistics | null;
  onSpeak: (text: string) => void;
}) {
  const story = state.story!;
  const [compared, setCompared] = useState<Passage | null>(null);
  const path = useMemo(() => pathTo(story, story.head), [story.passages, story.head]);
  const left = useMemo(() => new Map(path.map((each) => [each.id, leftBehind(story, each).length])), [path, story.offers]);
  const stretches = useMemo(() => (statistics ? stretchesOf(path, statistics.repetition) : []), [path, statistics]);
  const deck = useRef<HTMLDivElement>(null);
  const { laid, slots } = desk;

  // A taken passage pushes the ways on down: they are brought back into sight once, as soon as they lie there,
  // and before they are written.
  const shownAt = useRef("");
  const hasWays = slots.length > 0;
  useEffect(() => {
    const place = `${story.id}.${story.head}.${hasWays}`;
    if (shownAt.current === place) return;
    const isFirst = !shownAt.current.startsWith(`${story.id}.`);
    const isCalm = isFirst || matchMedia("(prefers-reduced-motion: reduce)").matches;
    shownAt.current = place;
    deck.current?.scrollIntoView({ block: "end", behavior: isCalm ? "auto" : "smooth" });
  }, [story.id, story.head, hasWays]);

  const complete = slots.filter((each) => each.candidate && !each.isWriting).length;
  useEffect(() => {
    if (slots.length > 0 && complete === slots.length) onSpeak(`${numbersInWords[complete] ?? complete} ways on are ready.`);
    else if (desk.isWriting) onSpeak("Ways on are being written.");
  }, [complete, slots.length, desk.isWriting]);

  const lines = useMemo(() => {
    const before = story.offers[story.offers.length - 1]?.candidates ?? [];
    const lengths = [desk.desk.settings, ...before.map((each) => each.settings)].map((each) => Number(each["max_new_tokens"]) || 0);
    const longest = Math.max(48, ...lengths);
    const isPhone = matchMedia("(max-width: 760px)").matches;
    return linesFor(longest, isPhone ? 38 : slots.length > 3 ? 26 : 30);
  }, [story.head, slots.length]);

  const texts = useMemo((): Compared[] => {
    if (!compared) return [];
    const own: Compared = {
      key: `p${compared.id}`, name: "Taken", text: compared.text.trim(), act: null,
      settings: story.offers.find((each) => each.id === compared.offer)?.candidates.find((each) => each.index === compared.index)?.settings ?? null,
    };
    return [own, ...leftBehind(story, compared).map(({ offer, candidate }) => {
      const passage = passageOf(story, offer.id, candidate.index);
      return {
        key: `${offer.id}.${candidate.index}`, name: passage ? "Taken on another branch" : "Left", text: candidate.text.trim(), settings: candidate.settings,
        act: { title: passage ? "Go there" : "Take this instead", run: () => desk.takeThere(offer.id, candidate.index) },
      };
    })];
  }, [compared, story]);

  const isOver = slots.length > 0 && complete === slots.length && slots.every((each) => each.text.trim() === "");
  const count = numbersInWords[desk.desk.candidates] ?? "some";
  const step = laid.offer?.step ?? laid.live?.step ?? path.length;
  return (
    <div className="writing-place">
      <div className="page">
        <RepetitionStrip stretches={stretches} />
        <Manuscript title={story.title} path={path} left={left} fresh={desk.taken?.passage ?? null} onCompare={setCompared} />
      </div>
      {desk.taken && desk.taken.passage === story.head && (
        <ReasonLine of={`You took ${desk.taken.label}. Why?`} draft={`why.${story.id}`} current=""
          onReason={(reason) => {
            desk.does.rate(desk.taken!, 1, reason);
            desk.setTaken(null);
          }}
          onLeave={() => desk.setTaken(null)} />
      )}
      <div ref={deck} className="ways">
        <div className="step" aria-hidden={slots.length === 0}>
          <span>step {step}</span>
          {desk.earlier.length > 1 && (
            <label className="earlier">
              <span className="sr">Which ways on of this place</span>
              <select
                value={desk.number ?? desk.earlier[desk.earlier.length - 1]!.number}
                onChange={(event) => {
                  const number = Number(event.target.value);
                  desk.setNumber(number === desk.earlier[desk.earlier.length - 1]!.number ? null : number);
                }}
              >
                {desk.earlier.map((each, i) => <option key={each.id} value={each.number}>{i + 1 === desk.earlier.length ? "newest" : `draw ${i + 1}`} of {desk.earlier.length}</option>)}
              </select>
            </label>
          )}
        </div>
        {desk.failed && !desk.isWriting && (
          <p className="trouble" role="alert">The last draw failed: {desk.failed.error || "the model gave no reason"}. The story is as it was; ask again when you like.</p>
        )}
        {slots.length > 0 && (
          <Deck slots={slots} story={story.id} lines={lines} edited={desk.edited} asked={desk.isAskedOnly || desk.waiting !== null} taking={desk.taking} ratings={story.ratings} does={desk.does} />
        )}
        {isOver && (
          <p className="over" role="status">
            The model thinks that the story ends here.{" "}
            <button onClick={() => desk.ask(true, { ignore_end: true, min_new_tokens: 12 })}>Go on all the same</button>
            {path.length > 1 && <button onClick={desk.undo}>Step back</button>} or write on yourself.
          </p>
        )}
        <div className="acts main">
          {slots.length === 0 && <button className="take" id="ways-on" onClick={() => desk.ask()}>{capital(count)} way{desk.desk.candidates === 1 ? "" : "s"} on</button>}
          {slots.length > 0 && !desk.isWriting && <button id="all-anew" onClick={() => desk.ask(true)} title="Draw all again (R)">All anew</button>}
          {desk.isWriting && laid.requests.length > 0 && <button onClick={desk.stop}>Stop</button>}
          {path.length > 1 && <button onClick={desk.undo} title="Take the last step back (u)">Step back</button>}
          {desk.waiting?.position != null && desk.waiting.position > 0 && <span className="quiet">{desk.waiting.position} before this one</span>}
          {desk.isWriting && !desk.waiting?.position && <span className="quiet">being written …</span>}
        </div>
        <StrandedWords story={story.id} offer={laid.offer?.id ?? null} />
        <OwnWords story={story.id} onWrite={desk.write} isSending={desk.isSendingOwn} />
      </div>
      {compared && <CompareSheet texts={texts} onClose={() => setCompared(null)} />}
    </div>
  );
}

const capital = (word: string) => word.charAt(0).toLocaleUpperCase() + word.slice(1);
