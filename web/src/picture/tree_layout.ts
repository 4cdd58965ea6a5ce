// SPDX-License-Identifier: 0BSD
// Where each passage and each candidate that was left stands in the picture of the tree: rows are steps,
// the taken path is the straight first column, branches open columns to the right. Linear in the
// nodes, but for the search of a free column; no pixels.
import type { Story } from "../api/wire";
import { offersAt, pathTo } from "../state/desk_view";

export interface TreeNode {
  id: string; // "p3" a passage, "c9.1" a candidate that was not taken
  passage: number | null;
  offer: number | null;
  index: number | null;
  parent: string | null;
  row: number;
  column: number;
  text: string;
  origin: string;
  isOnPath: boolean;
  isHead: boolean;
}

export interface TreePicture {
  nodes: TreeNode[];
  byId: Map<string, TreeNode>;
  rows: number;
  columns: number;
}

interface Branch {
  passage: number | null;
  offer: number | null;
  index: number | null;
  text: string;
  origin: string;
  created: number;
}

/** `withLeft`: also the candidates that nobody took. */
export function treePicture(story: Story, withLeft: boolean): TreePicture {
  const children = new Map<number | null, Branch[]>();
  const add = (parent: number | null, branch: Branch) => {
    const list = children.get(parent);
    if (list) list.push(branch);
    else children.set(parent, [branch]);
  };
  const taken = new Set<string>();
  for (const each of story.passages) {
    if (each.offer !== null && each.index !== null) taken.add(`${each.offer}.${each.index}`);
    add(each.parent, { ...each, passage: each.id });
  }
  if (withLeft) {
    for (const parent of new Set(story.offers.map((each) => each.parent)))
      for (const offer of offersAt(story, parent))
        for (const each of offer.candidates)
          if (!taken.has(`${offer.id}.${each.index}`))
            add(parent, { passage: null, offer: offer.id, index: each.index, text: each.text, origin: "left", created: offer.created });
  }
  const onPath = new Set(pathTo(story, story.head).map((each) => each.id));
  // Below the head the newest branch goes straight on, so that a step back does not bend the picture.
  const isStraight = (branch: Branch) => branch.passage !== null && onPath.has(branch.passage);
  const order = (list: Branch[]) =>
    list.slice().sort((a, b) =>
      Number(isStraight(b)) - Number(isStraight(a)) || Number(b.passage !== null) - Number(a.passage !== null) || a.created - b.created);

  const nodes: TreeNode[] = [];
  const byId = new Map<string, TreeNode>();
  const freeFrom: number[] = []; // the first row from which a column is free
  const starts: { branch: Branch; parent: TreeNode | null }[][] = [[]]; // by row: where a column begins
  for (const branch of order(children.get(null) ?? [])) starts[0]!.push({ branch, parent: null });
  for (let row = 0; row < starts.length; ++row) {
    for (const start of starts[row] ?? []) {
      let column = start.parent ? start.parent.column + 1 : 0;
      while ((freeFrom[column] ?? 0) > row) ++column;
      let parent = start.parent;
      let at: Branch | undefined = start.branch;
      let down = row;
      for (; at; ++down) {
        const node: TreeNode = nodeOf(at, parent, down, column);
        node.isOnPath = isStraight(at);
        node.isHead = at.passage === story.head;
        nodes.push(node);
        byId.set(node.id, node);
        const below: Branch[] = at.passage === null ? [] : order(children.get(at.passage) ?? []);
        // A leftover never goes straight on: only what was taken does.
        const straight: Branch | undefined = below[0]?.passage != null ? below[0] : undefined;
        for (const each of below) if (each !== straight) (starts[down + 1] ??= []).push({ branch: each, parent: node });
        parent = node;
        at = straight;
      }
      freeFrom[column] = down;
    }
  }
  return {
    nodes, byId,
    rows: nodes.reduce((most, each) => Math.max(most, each.row + 1), 0),
    columns: nodes.reduce((most, each) => Math.max(most, each.column + 1), 0),
  };
}

function nodeOf(branch: Branch, parent: TreeNode | null, row: number, column: number): TreeNode {
  const { passage, offer, index, text, origin } = branch;
  const id = passage !== null ? `p${passage}` : `c${offer}.${index}`;
  return { id, passage, offer, index, parent: parent?.id ?? null, row, column, text, origin, isOnPath: false, isHead: false };
}

/** Where an arrow key leads from a node. */
export function neighbour(picture: TreePicture, from: string, key: string): string | null {
  const node = picture.byId.get(from);
  if (!node) return picture.nodes[0]?.id ?? null;
  if (key === "ArrowUp") return node.parent;
  if (key === "ArrowDown") {
    const below = picture.nodes.filter((each) => each.parent === from);
    return (below.find((each) => each.isOnPath) ?? below[0])?.id ?? null;
  }
  if (key === "Home") return picture.nodes[0]?.id ?? null;
  if (key === "End") return picture.nodes.find((each) => each.isHead)?.id ?? null;
  const row = picture.nodes.filter((each) => each.row === node.row).sort((a, b) => a.column - b.column);
  const at = row.findIndex((each) => each.id === from);
  if (key === "ArrowRight") return row[at + 1]?.id ?? null;
  if (key === "ArrowLeft") return row[at - 1]?.id ?? null;
  return null;
}
