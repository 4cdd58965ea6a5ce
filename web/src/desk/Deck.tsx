// SPDX-License-Identifier: 0BSD
// The ways on, side by side; on a phone a deck to swipe through, with dots.
import { useEffect, useRef, useState } from "react";
import type { Rating } from "../api/wire";
import type { Slot } from "../state/desk_view";
import { CandidateCard, type CardDoes } from "./CandidateCard";

export function Deck({ slots, story, lines, edited, asked, taking, ratings, does }: {
  slots: Slot[];
  story: number;
  lines: number;
  edited: string | null;
  asked: boolean;
  taking: string | null;
  ratings: Rating[];
  does: CardDoes;
}) {
  const row = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState(0);
  useEffect(() => {
    const own = row.current;
    if (!own) return;
    const onScroll = () => {
      const card = own.firstElementChild as HTMLElement | null;
      if (!card || own.scrollWidth <= own.clientWidth + 4) return;
      const place = Math.round(own.scrollLeft / (card.offsetWidth + 12));
      setSeen(place);
      does.current(place);
    };
    own.addEventListener("scroll", onScroll, { passive: true });
    return () => own.removeEventListener("scroll", onScroll);
  }, [does]);
  const show = (place: number) =>
    (row.current?.children[place] as HTMLElement | undefined)?.scrollIntoView({ behavior: "smooth", inline: "center", block: "nearest" });
  return (
    <>
      <div className="deck" ref={row} data-count={slots.length}>
        {slots.map((slot, place) => (
          <CandidateCard
            key={place} slot={slot} story={story} place={place} count={slots.length} lines={lines} does={does}
            isEdited={edited === slot.key} isAsked={asked} isTaking={taking === slot.key}
            rating={[...ratings].reverse().find((each) => each.offer === slot.offer && each.index === slot.index) ?? null}
          />
        ))}
      </div>
      {slots.length > 1 && (
        <div className="dots" role="group" aria-label="Ways on">
          {slots.map((slot, place) => (
            <button key={slot.key} aria-current={place === seen} aria-label={`Show ${slot.label}`} onClick={() => show(place)}><i /></button>
          ))}
        </div>
      )}
    </>
  );
}
