// SPDX-License-Identifier: 0BSD
// Where one is: `#/` the empty desk, `#/story/3` a story, `#/story/3/tree` with a leaf of the side opened.
import { Watched } from "./store";

export const leaves = ["tree", "settings", "notes", "numbers"] as const;
export type Leaf = (typeof leaves)[number];
export interface Route {
  story: number | null;
  leaf: Leaf | null;
}

export function readRoute(hash: string): Route {
  const [, place, id, leaf] = hash.replace(/^#/, "").split("/");
  const isLeaf = (name: string | undefined): name is Leaf => leaves.includes(name as Leaf);
  if (place === "story" && id && /^\d{1,16}$/.test(id)) return { story: Number(id), leaf: isLeaf(leaf) ? leaf : null };
  return { story: null, leaf: place === "settings" ? "settings" : null };
}

export function hashOf(route: Route): string {
  if (route.story === null) return route.leaf === "settings" ? "#/settings" : "#/";
  return `#/story/${route.story}${route.leaf ? `/${route.leaf}` : ""}`;
}

export const route = new Watched<Route>(readRoute(globalThis.location?.hash ?? ""));

export function listen(): void {
  window.addEventListener("hashchange", () => route.set(readRoute(location.hash)));
}

export function go(to: Route): void {
  if (location.hash !== hashOf(to)) location.hash = hashOf(to);
  route.set(to);
}
