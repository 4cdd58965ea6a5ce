// SPDX-License-Identifier: 0BSD
// The story as a clean manuscript. Its text is text: nothing in it is ever read as markup.
import { memo, useMemo } from "react";
import type { Passage } from "../api/wire";

interface Piece {
  passage: Passage;
  text: string;
  isFirst: boolean;
}

/** Passages join to one text; its line breaks make the paragraphs, wherever a passage ends. */
export function paragraphsOf(path: Passage[]): Piece[][] {
  const paragraphs: Piece[][] = [[]];
  for (const passage of path) {
    let isFirst = true;
    passage.text.split(/\n+/).forEach((text, i) => {
      if (i > 0 && paragraphs[paragraphs.length - 1]!.length > 0) paragraphs.push([]);
      if (text === "" && !isFirst) return;
      paragraphs[paragraphs.length - 1]!.push({ passage, text, isFirst });
      isFirst = false;
    });
  }
  return paragraphs.filter((each) => each.some((piece) => piece.text.trim() !== "" || piece.isFirst));
}

const names: Record<string, string> = { opening: "opening", generated: "taken", edited: "taken and edited", written: "your words" };

const Paragraph = memo(function Paragraph({ pieces, left, fresh, onCompare }: {
  pieces: Piece[];
  left: ReadonlyMap<number, number>;
  fresh: number | null;
  onCompare: (passage: Passage) => void;
}) {
  return (
    <p>
      {pieces.map(({ passage, text, isFirst }, at) => {
        const count = isFirst ? (left.get(passage.id) ?? 0) : 0;
        return (
          <span key={at} className={`passage${passage.id === fresh ? " fresh" : ""}${passage.isPending ? " pending" : ""}`} data-passage={passage.id}>
            {count > 0 && (
              <button
                className="mark" onClick={() => onCompare(passage)} title={`${count} other ways on were left here`}
                aria-label={`Compare the ${count} other ways on that were left at this step (${names[passage.origin] ?? passage.origin})`}
              >
                {"·".repeat(Math.min(count, 3))}
              </button>
            )}
            {text}
          </span>
        );
      })}
    </p>
  );
}, (a, b) => a.onCompare === b.onCompare && a.pieces.length === b.pieces.length && a.pieces.every((piece, i) => {
  const other = b.pieces[i]!;
  const id = piece.passage.id;
  return piece.passage === other.passage && piece.text === other.text && piece.isFirst === other.isFirst &&
    a.left.get(id) === b.left.get(id) && (a.fresh === id) === (b.fresh === id);
}));

export const Manuscript = memo(function Manuscript({ title, path, left, fresh, onCompare }: {
  title: string;
  path: Passage[];
  left: ReadonlyMap<number, number>; // how many ways on were left at each passage
  fresh: number | null; // the passage that was just taken
  onCompare: (passage: Passage) => void;
}) {
  const paragraphs = useMemo(() => paragraphsOf(path), [path]);
  return (
    <article className="manuscript" aria-label="Manuscript">
      <h1>{title || "Untitled"}</h1>
      {paragraphs.map((pieces, i) => (
        <Paragraph key={`${pieces[0]!.passage.id}.${i}`} pieces={pieces} left={left} fresh={fresh} onCompare={onCompare} />
      ))}
    </article>
  );
});
