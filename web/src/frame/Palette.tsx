// SPDX-License-Identifier: 0BSD
// Jump: one line that finds commands, stories and passages. Arrows choose, Enter goes.
import { useEffect, useMemo, useRef, useState } from "react";
import type { Story } from "../api/wire";
import { firstWords } from "../state/desk_view";
import { useStories } from "./use_stories";

export interface Command {
  title: string;
  key?: string;
  run: () => void;
}

interface Found extends Command {
  id: string;
  kind: string;
}

export function Palette({ commands, story, onStory, onPassage, onClose }: {
  commands: Command[];
  story: Story | null;
  onStory: (id: number) => void;
  onPassage: (id: number) => void;
  onClose: () => void;
}) {
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const own = useRef<HTMLDialogElement>(null);
  const { stories } = useStories(query, 0);
  useEffect(() => {
    const dialog = own.current;
    if (dialog && !dialog.open) dialog.showModal();
    return () => dialog?.close();
  }, []);
  const found = useMemo((): Found[] => {
    const wanted = query.trim().toLowerCase();
    const has = (text: string) => wanted === "" || text.toLowerCase().includes(wanted);
    const passages = wanted.length < 2 || !story ? [] : story.passages.filter((each) => has(each.text)).slice(0, 8);
    return [
      ...commands.filter((each) => has(each.title)).map((each, i): Found => ({ ...each, id: `c${i}`, kind: "do" })),
      ...passages.map((each): Found => ({ id: `p${each.id}`, kind: "passage", title: firstWords(each.text, 10), run: () => onPassage(each.id) })),
      ...(stories ?? []).slice(0, 8).map((each): Found => ({ id: `s${each.id}`, kind: "story", title: each.title || `Story ${each.id}`, run: () => onStory(each.id) })),
    ].slice(0, 24);
  }, [query, commands, stories, story]);
  const chosen = found[Math.min(at, found.length - 1)];
  const run = (each: Found | undefined) => {
    if (!each) return;
    onClose();
    each.run();
  };
  useEffect(() => {
    if (chosen) document.getElementById(`found-${chosen.id}`)?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  return (
    <dialog ref={own} className="sheet palette" aria-label="Jump" onCancel={(event) => { event.preventDefault(); onClose(); }} onClick={(event) => event.target === own.current && onClose()}>
      <div className="inside">
        <input
          role="combobox" aria-expanded="true" aria-controls="found" aria-activedescendant={chosen ? `found-${chosen.id}` : undefined} aria-label="Jump to a story, a passage or a command"
          placeholder="a story, a passage, a command …" value={query} autoFocus
          onChange={(event) => { setQuery(event.target.value); setAt(0); }}
          onKeyDown={(event) => {
            if (event.key === "ArrowDown") setAt(Math.min(at + 1, found.length - 1));
            else if (event.key === "ArrowUp") setAt(Math.max(0, at - 1));
            else if (event.key === "Enter") run(chosen);
            else return;
            event.preventDefault();
          }}
        />
        <ul id="found" role="listbox" aria-label="Found">
          {found.map((each) => (
            <li key={each.id} id={`found-${each.id}`} role="option" aria-selected={each === chosen} onClick={() => run(each)}>
              <span className="quiet kind">{each.kind}</span><span>{each.title}</span>{each.key && <kbd>{each.key}</kbd>}
            </li>
          ))}
          {found.length === 0 && <li role="option" aria-selected="false" aria-disabled="true" className="quiet">Nothing found.</li>}
        </ul>
      </div>
    </dialog>
  );
}
