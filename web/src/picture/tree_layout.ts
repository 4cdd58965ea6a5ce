// SPDX-License-Identifier: 0BSD
// Where each passage and each candidate that was left stands in the picture of the tree: rows are steps,
// the taken path is the straight first column, branches open columns to the right. Linear in the nodes
// (but for the search of a free column); no pixels.
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
  // The first row below which a column is free again; branches are laid down depth first, deepest rows last.
  const freeFrom: number[] = [];
  interface Todo { branch: Branch; parent: TreeNode | null; isFirst: boolean }
  const todo: Todo[] = order(children.get(null) ?? []).reverse().map((branch, i, all) => ({ branch, parent: null, isFirst: i === all.length - 1 }));
  const depthOf = depths(children);
  while (todo.length > 0) {
    const { branch, parent, isFirst } = todo.pop()!;
    const id = branch.passage !== null ? `p${branch.passage}` : `c${branch.offer}.${branch.index}`;
    const row = parent ? parent.row + 1 : 0;
    const last = row + (branch.passage !== null ? (depthOf.get(branch.passage) ?? 0) : 0);
    let column = parent?.column ?? 0;
    if (!isFirst) {
      column = (parent?.column ?? 0) + 1;
      while ((freeFrom[column] ?? 0) > row) ++column;
    }
    freeFrom[column] = Math.max(freeFrom[column] ?? 0, isFirst ? row + 1 : last + 1);
    const node: TreeNode = {
      id, passage: branch.passage, offer: branch.offer, index: branch.index, parent: parent?.id ?? null, row, column,
      text: branch.text, origin: branch.origin,
      isOnPath: branch.passage !== null && onPath.has(branch.passage), isHead: branch.passage === story.head,
    };
    nodes.push(node);
    byId.set(id, node);
    if (branch.passage === null) continue;
    const below = order(children.get(branch.passage) ?? []);
    // A leftover never continues a column: only passages go straight.
    for (let i = below.length - 1; i >= 0; --i) {
      const isStraightOn = i === 0 && below[0]!.passage !== null && (isStraight(below[0]!) || !node.isOnPath || node.isHead);
      todo.push({ branch: below[i]!, parent: node, isFirst: isStraightOn });
    }
  }
  return {
    nodes, byId,
    rows: nodes.reduce((most, each) => Math.max(most, each.row + 1), 0),
    columns: nodes.reduce((most, each) => Math.max(most, each.column + 1), 0),
  };
}

/** How many rows lie below each passage. Without recursion: stories are deep. */
function depths(children: Map<number | null, Branch[]>): Map<number, number> {
  const order: number[] = [];
  const todo = (children.get(null) ?? []).map((each) => each.passage);
  while (todo.length > 0) {
    const at = todo.pop();
    if (at === null || at === undefined) continue;
    order.push(at);
    for (const each of children.get(at) ?? []) todo.push(each.passage);
  }
  const depth = new Map<number, number>();
  for (const at of order.reverse()) {
    let most = 0;
    for (const each of children.get(at) ?? [])
      most = Math.max(most, 1 + (each.passage === null ? 0 : (depth.get(each.passage) ?? 0)));
    depth.set(at, most);
  }
  return depth;
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
