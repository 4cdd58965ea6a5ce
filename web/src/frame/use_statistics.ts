// SPDX-License-Identifier: 0BSD
// The numbers of a story, read again shortly after something was taken or drawn.
import { useEffect, useState } from "react";
import { ask, storyPath } from "../api/client";
import type { Statistics, Story } from "../api/wire";

const pauseMs = 600;

export function useStatistics(story: Story | null): Statistics | null {
  const [read, setRead] = useState<{ story: number; statistics: Statistics } | null>(null);
  const id = story?.id ?? null;
  const stamp = story ? `${story.head}.${story.offers.length}.${story.passages.length}.${story.choices.length}` : "";
  useEffect(() => {
    if (id === null) return;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      ask<Statistics>(storyPath(id, "/statistics"), { signal: stop.signal })
        .then((statistics) => setRead({ story: id, statistics }))
        .catch(() => undefined); // The numbers are a luxury: the next change asks again.
    }, pauseMs);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [id, stamp]);
  return read && read.story === id ? read.statistics : null;
}
