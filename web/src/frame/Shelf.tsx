// SPDX-License-Identifier: 0BSD
// The stories, newest change first, under the day on which they changed; searched as one types.
import { memo, useEffect, useRef, useState } from "react";
import type { StoryLine } from "../api/wire";
import { useStories } from "./use_stories";

/** "today", "yesterday", "this week", "earlier", by the reader's own midnight. */
export function dayOf(changed: number, now: Date): string {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const day = 24 * 3600 * 1000;
  if (changed >= midnight) return "today";
  if (changed >= midnight - day) return "yesterday";
  return changed >= midnight - 6 * day ? "this week" : "earlier";
}

const titleOf = (story: StoryLine) => story.title || `Story ${story.id}`;

export const Shelf = memo(function Shelf({ current, stamp, onOpen, onNew }: {
  current: number | null;
  stamp: unknown;
  onOpen: (story: number) => void;
  onNew: () => void;
}) {
  const [query, setQuery] = useState("");
  const { stories, more, hasMore, isLost, isReading } = useStories(query, stamp);
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!end.current || !hasMore) return;
    const watch = new IntersectionObserver((seen) => seen.some((each) => each.isIntersecting) && more(), { rootMargin: "200px" });
    watch.observe(end.current);
    return () => watch.disconnect();
  }, [hasMore, more]);
  const now = new Date();
  const groups = new Map<string, StoryLine[]>();
  for (const each of stories ?? []) {
    const day = dayOf(each.changed, now);
    const group = groups.get(day);
    if (group) group.push(each);
    else groups.set(day, [each]);
  }
  return (
    <nav className="shelf" aria-label="Stories">
      <button className="take new" onClick={onNew}>New story</button>
      <input type="search" value={query} placeholder="find in titles and text" aria-label="Find a story" onChange={(event) => setQuery(event.target.value)} />
      <div className="shelf-list">
        {stories === null && !isLost && <p className="quiet">looking …</p>}
        {isLost && <p className="quiet">The list cannot be read now.</p>}
        {stories?.length === 0 && <p className="quiet">{query ? "Nothing found." : "No story yet."}</p>}
        {[...groups].map(([day, list]) => (
          <section key={day} aria-label={day}>
            <h2 className="quiet">{day}</h2>
            <ul>
              {list.map((each) => (
                <li key={each.id}>
                  <a href={`#/story/${each.id}`} aria-current={each.id === current ? "page" : undefined} onClick={() => onOpen(each.id)}>
                    <span className="title">{titleOf(each)}</span>
                    <span className="quiet">{each.words} words</span>
                  </a>
                </li>
              ))}
            </ul>
          </section>
        ))}
        {hasMore && <div ref={end}><button onClick={more} disabled={isReading}>{isReading ? "looking …" : "More"}</button></div>}
      </div>
    </nav>
  );
});
