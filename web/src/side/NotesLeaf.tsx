// SPDX-License-Identifier: 0BSD
// Memory and author's note: kept in the browser with each letter, on the server shortly after the last.
import { useEffect, useRef, useState } from "react";
import { ask, storyPath } from "../api/client";
import type { Notes } from "../api/wire";
import { forget, keepJson, readJson } from "../state/drafts";
import { complain, dismiss } from "../state/notices";

const pauseMs = 900;

interface Typed {
  notes: Notes;
  onto: Notes; // what the server had when typing began
}

const isSame = (a: Notes, b: Notes) => a.memory === b.memory && a.author_note === b.author_note;

export function NotesLeaf({ story, notes }: { story: number; notes: Notes }) {
  const key = `fabula.notes.${story}`;
  const [typed, setTyped] = useState<Typed | null>(() => readJson<Typed | null>(key, null));
  const [state, setState] = useState("");
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const latest = useRef(typed);
  latest.current = typed;
  const save = () => {
    clearTimeout(timer.current);
    const now = latest.current;
    if (!now) return;
    setState("keeping …");
    ask<Notes>(storyPath(story, "/notes"), { method: "PUT", body: now.notes })
      .then(() => {
        dismiss("notes");
        setState("kept; it counts from the next ways on");
        if (latest.current && isSame(latest.current.notes, now.notes)) {
          forget(key);
          setTyped(null);
        }
      })
      .catch((error: unknown) => {
        setState("kept in this browser; sent when the server is back");
        complain("notes", error);
        timer.current = setTimeout(save, 5000);
      });
  };
  useEffect(() => {
    if (latest.current) timer.current = setTimeout(save, pauseMs);
    return () => {
      clearTimeout(timer.current);
      if (latest.current) save();
    };
  }, [story]);
  const change = (part: Partial<Notes>) => {
    const now = latest.current;
    const next: Typed = { notes: { ...(now?.notes ?? notes), ...part }, onto: now?.onto ?? notes };
    keepJson(key, next);
    latest.current = next;
    setTyped(next);
    setState("");
    clearTimeout(timer.current);
    timer.current = setTimeout(save, pauseMs);
  };
  const shown = typed?.notes ?? notes;
  const isCrossed = typed !== null && !isSame(typed.onto, notes) && !isSame(typed.notes, notes);
  return (
    <div className="leaf-body notes">
      <label>Memory
        <textarea rows={7} value={shown.memory} onChange={(event) => change({ memory: event.target.value })} onBlur={save} placeholder="What must not be forgotten: people, places, what happened long ago." />
      </label>
      <p className="quiet">The model reads it before everything else.</p>
      <label>Author's note
        <textarea rows={4} value={shown.author_note} onChange={(event) => change({ author_note: event.target.value })} onBlur={save} placeholder="How it should go on: the tone, the next turn." />
      </label>
      <p className="quiet">The model reads it close to the end of the text, where it weighs most.</p>
      {isCrossed && <p className="trouble" role="alert">These notes were changed elsewhere meanwhile. Yours are kept when you go on typing.</p>}
      <p className="quiet" role="status">{state}</p>
    </div>
  );
}
