// SPDX-License-Identifier: 0BSD
// The list of stories, page by page, as it is searched.
import { useCallback, useEffect, useRef, useState } from "react";
import { ask, Refusal } from "../api/client";
import type { StoryLine, StoryPage } from "../api/wire";
import { locked } from "../state/notices";

const aPage = 50;

export const storiesPath = (query: string, before: number | null, limit = aPage): string => {
  const parameters = new URLSearchParams();
  if (query.trim()) parameters.set("q", query.trim());
  parameters.set("limit", String(limit));
  if (before !== null) parameters.set("before", String(before));
  return `/api/v1/stories?${parameters.toString()}`;
};

/** Pages put behind each other; a story that moved up meanwhile is there once. */
export function joined(before: StoryLine[], page: StoryLine[]): StoryLine[] {
  const known = new Set(before.map((each) => each.id));
  return [...before, ...page.filter((each) => !known.has(each.id))];
}

export function useStories(query: string, stamp: unknown) {
  const [stories, setStories] = useState<StoryLine[] | null>(null);
  const [next, setNext] = useState<number | null>(null);
  const [isLost, setLost] = useState(false);
  const [isReading, setReading] = useState(false);
  const turn = useRef(0);
  const isFirst = useRef(true);
  const read = useCallback(async (before: number | null, old: StoryLine[]) => {
    const own = ++turn.current;
    setReading(true);
    try {
      const page = await ask<StoryPage>(storiesPath(query, before));
      if (own !== turn.current) return;
      setStories(joined(old, page.stories));
      setNext(page.next);
      setLost(false);
    } catch (error) {
      if (own !== turn.current) return;
      setLost(true);
      if (error instanceof Refusal && error.status === 401) locked.set(true);
    } finally {
      if (own === turn.current) setReading(false);
    }
  }, [query]);
  useEffect(() => {
    const timer = setTimeout(() => void read(null, []), query ? 200 : isFirst.current ? 0 : 500);
    isFirst.current = false;
    return () => clearTimeout(timer);
  }, [read, query, stamp]);
  const more = useCallback(() => {
    if (next !== null && !isReading) void read(next, stories ?? []);
  }, [next, isReading, read, stories]);
  return { stories, more, hasMore: next !== null, isLost, isReading };
}
