// SPDX-License-Identifier: 0BSD
// The tree as a picture in which one walks, compares and branches. Only the rows in sight are drawn, so that a
// thousand passages stay smooth. One tab stop; arrows walk, Enter goes there, c marks for comparing.
import { memo, useDeferredValue, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { Story } from "../api/wire";
import { CompareSheet, type Compared } from "../desk/CompareSheet";
import { neighbour, treePicture, type TreeNode } from "../picture/tree_layout";
import { firstWords } from "../state/desk_view";

const rowHeight = 28;
const columnWidth = 18;
const margin = 14;
const x = (node: TreeNode) => margin + node.column * columnWidth;
const y = (node: TreeNode) => margin + node.row * rowHeight;

const kinds: Record<string, string> = { opening: "opening", generated: "taken", edited: "edited", written: "your words", left: "left" };
const nameOf = (node: TreeNode) =>
  `Step ${node.row}, ${kinds[node.origin] ?? node.origin}${node.isHead ? ", the story stands here" : node.isOnPath ? ", on the taken path" : ""}: ${firstWords(node.text, 8)}`;

function edge(from: TreeNode, to: TreeNode): string {
  const x0 = x(from), y0 = y(from), x1 = x(to), y1 = y(to);
  return x0 === x1 ? `M${x0} ${y0}V${y1}` : `M${x0} ${y0}C${x0} ${y0 + 18} ${x1} ${y1 - 20} ${x1} ${y1}`;
}

interface Of {
  story: Story;
  onJump: (passage: number) => void;
  onTake: (offer: number, index: number) => void;
}

/** Drawn a moment after the words on the desk: they are what a writer waits for. */
export function StoryTree({ story, onJump, onTake }: Of) {
  return <Tree story={useDeferredValue(story)} onJump={onJump} onTake={onTake} />;
}

const Tree = memo(function Tree({ story, onJump, onTake }: Of) {
  const [hasLeft, setHasLeft] = useState(true);
  const picture = useMemo(() => treePicture(story, hasLeft), [story.passages, story.offers, story.head, hasLeft]);
  const [at, setAt] = useState<string>(`p${story.head}`);
  const [marked, setMarked] = useState<string | null>(null);
  const [dragged, setDragged] = useState<{ from: string; over: string | null; x: number; y: number } | null>(null);
  const [compared, setCompared] = useState<[string, string] | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const [sight, setSight] = useState({ from: 0, to: 60 });
  const here = picture.byId.get(at) ?? picture.byId.get(`p${story.head}`) ?? picture.nodes[0];

  const look = () => {
    const own = box.current;
    if (own) setSight({ from: Math.floor(own.scrollTop / rowHeight) - 12, to: Math.ceil((own.scrollTop + own.clientHeight) / rowHeight) + 12 });
  };
  useLayoutEffect(look, [picture.rows]);
  useEffect(() => {
    setAt(`p${story.head}`);
    const own = box.current;
    const node = picture.byId.get(`p${story.head}`);
    if (own && node) own.scrollTop = Math.max(0, y(node) - own.clientHeight * 0.6);
  }, [story.head, story.id]);
  useEffect(() => {
    window.addEventListener("resize", look);
    return () => window.removeEventListener("resize", look);
  }, []);

  const go = (node: TreeNode) => (node.passage !== null ? onJump(node.passage) : onTake(node.offer!, node.index!));
  const walk = (id: string) => {
    setAt(id);
    const node = picture.byId.get(id);
    const own = box.current;
    if (!node || !own) return;
    if (y(node) < own.scrollTop + rowHeight) own.scrollTop = y(node) - 2 * rowHeight;
    if (y(node) > own.scrollTop + own.clientHeight - rowHeight) own.scrollTop = y(node) - own.clientHeight + 2 * rowHeight;
  };
  const onKey = (event: React.KeyboardEvent) => {
    if (!here || event.ctrlKey || event.metaKey || event.altKey) return;
    const to = neighbour(picture, here.id, event.key);
    if (to) walk(to);
    else if (event.key === "Enter" || event.key === " ") go(here);
    else if (event.key === "c") {
      if (marked && marked !== here.id) {
        setCompared([marked, here.id]);
        setMarked(null);
      } else setMarked(marked === here.id ? null : here.id);
    } else if (!event.key.startsWith("Arrow")) return;
    event.preventDefault();
    event.stopPropagation();
  };

  const idAt = (event: { clientX: number; clientY: number }) =>
    document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-node]")?.getAttribute("data-node") ?? null;
  const onDown = (event: React.PointerEvent) => {
    const id = idAt(event);
    if (id && event.button === 0 && event.pointerType !== "touch") setDragged({ from: id, over: null, x: event.clientX, y: event.clientY });
  };
  const onMove = (event: React.PointerEvent) => {
    if (dragged && Math.hypot(event.clientX - dragged.x, event.clientY - dragged.y) > 6) setDragged({ ...dragged, over: idAt(event) });
  };
  const onUp = () => {
    if (dragged?.over && dragged.over !== dragged.from) setCompared([dragged.from, dragged.over]);
    setDragged(null);
  };

  const inSight = picture.nodes.filter((node) => node.row >= sight.from && node.row <= sight.to);
  const labelAt = margin + picture.columns * columnWidth;
  const labels = new Map<number, TreeNode>();
  for (const node of inSight) if (node.passage !== null && (node.isOnPath || !labels.has(node.row))) labels.set(node.row, node);
  const textOf = (id: string): Compared | null => {
    const node = picture.byId.get(id);
    if (!node) return null;
    const settings = story.offers.find((each) => each.id === node.offer)?.candidates.find((each) => each.index === node.index)?.settings ?? null;
    return {
      key: id, name: `Step ${node.row}, ${kinds[node.origin] ?? node.origin}`, text: node.text, settings,
      act: node.isHead ? null : { title: node.passage !== null ? "Go there" : "Take this instead", run: () => go(node) },
    };
  };
  const width = Math.max(labelAt + 180, 120);
  const height = picture.rows * rowHeight + margin;
  return (
    <div className="tree">
      <div className="tree-box" ref={box} onScroll={look}>
        <div
          role="tree" tabIndex={0} aria-label="Tree of the story. Arrows walk, Enter goes there, c marks two to compare." aria-activedescendant={here ? `node-${here.id}` : undefined}
          onKeyDown={onKey} onPointerDown={onDown} onPointerMove={onMove} onPointerUp={onUp} onPointerLeave={() => setDragged(null)}
        >
          <svg width={width} height={height} role="presentation">
            <g role="presentation">
              {inSight.map((node) => {
                const parent = node.parent ? picture.byId.get(node.parent) : undefined;
                return parent && <path key={node.id} d={edge(parent, node)} className={node.isOnPath ? "edge taken" : node.passage === null ? "edge left" : "edge"} />;
              })}
            </g>
            {[...labels.values()].map((node) => (
              <text key={`t${node.id}`} x={labelAt} y={y(node) + 4} className={node.isOnPath ? "label taken" : "label"} aria-hidden="true">{firstWords(node.text, picture.columns > 5 ? 3 : 4)}</text>
            ))}
            {inSight.map((node) => (
              <g
                key={node.id} id={`node-${node.id}`} role="treeitem" aria-label={nameOf(node)} aria-level={node.row + 1} aria-selected={node.isHead} data-node={node.id}
                className={`node ${node.passage === null ? "left" : node.isOnPath ? "taken" : "branch"}${node.isHead ? " head" : ""}${node.id === here?.id ? " here" : ""}${marked === node.id || dragged?.from === node.id && dragged.over || dragged?.over === node.id ? " marked" : ""}`}
                onClick={() => {
                  // What was left is looked at first: taking it draws new ways on.
                  const isSeen = node.passage !== null || node.id === at;
                  setAt(node.id);
                  if (!compared && isSeen) go(node);
                }}
              >
                <title>{firstWords(node.text, 24)}</title>
                <circle cx={x(node)} cy={y(node)} r={11} className="reach" />
                <circle cx={x(node)} cy={y(node)} r={node.passage === null ? 3.5 : node.isHead ? 6.5 : 5} className="dot" />
              </g>
            ))}
          </svg>
        </div>
      </div>
      {here && (
        <div className="tree-here">
          <p className="text">{firstWords(here.text, 30)}</p>
          <div className="acts">
            {!here.isHead && <button onClick={() => go(here)}>{here.passage === null ? "Take it there" : "Go there"}</button>}
            <button aria-pressed={marked === here.id} onClick={() => {
              if (marked && marked !== here.id) { setCompared([marked, here.id]); setMarked(null); } else setMarked(marked ? null : here.id);
            }}>{marked && marked !== here.id ? "Compare with the marked" : marked ? "Marked" : "Mark to compare"}</button>
          </div>
        </div>
      )}
      <label className="check"><input type="checkbox" checked={hasLeft} onChange={(event) => setHasLeft(event.target.checked)} /> show what was left</label>
      {compared && <CompareSheet texts={compared.map(textOf).filter((each): each is Compared => each !== null)} onClose={() => setCompared(null)} />}
    </div>
  );
});
