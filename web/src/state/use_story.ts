// SPDX-License-Identifier: 0BSD
// A story's state for the component that shows it: the follower's events through the reducer.
import { useCallback, useEffect, useReducer, useRef, useState } from "react";
import { Follower, type Link } from "../api/follow";
import type { StoryEvent } from "../api/wire";
import { emptyState, reduce, type OwnEvent, type StoryState } from "./story_state";

export interface Followed {
  state: StoryState;
  link: Link;
  retryInSeconds: number | null;
  retry: () => void;
  tell: (event: OwnEvent) => void; // to the story that is open
}

interface Of {
  id: number | null;
  state: StoryState;
}
type Step = { id: number; events: (StoryEvent | OwnEvent)[] } | { open: number | null };

function step(of: Of, what: Step): Of {
  if ("open" in what) return what.open === of.id ? of : { id: what.open, state: emptyState };
  return what.id === of.id ? { ...of, state: what.events.reduce(reduce, of.state) } : of;
}

export function useStory(id: number | null): Followed {
  const [of, dispatch] = useReducer(step, { id, state: emptyState });
  const [link, setLink] = useState<{ link: Link; seconds: number | null }>({ link: "opening", seconds: null });
  const follower = useRef<Follower | null>(null);
  useEffect(() => {
    dispatch({ open: id });
    setLink({ link: "opening", seconds: null });
    if (id === null) return;
    const own = new Follower(id, {
      onEvents: (events) => dispatch({ id, events }),
      onLink: (next, seconds) => setLink({ link: next, seconds }),
    });
    follower.current = own;
    return () => own.close();
  }, [id]);
  const retry = useCallback(() => follower.current?.now(), []);
  const tell = useCallback((event: OwnEvent) => {
    if (id !== null) dispatch({ id, events: [event] });
  }, [id]);
  return { state: of.id === id ? of.state : emptyState, link: link.link, retryInSeconds: link.seconds, retry, tell };
}
