// SPDX-License-Identifier: 0BSD
// Behind the three dots: export, keys, light and dark, delete.
import { useEffect, useRef, useState } from "react";
import { ask, storyPath } from "../api/client";
import { complain, say } from "../state/notices";
import { setTheme, theme, type Theme } from "../state/setup";
import { useWatched } from "../state/store";

const themes: [Theme, string][] = [["auto", "as the system"], ["light", "light"], ["dark", "dark"]];
const formats: [string, string][] = [["text", "Text"], ["markdown", "Markdown"], ["json", "JSON, with everything"]];

export function TitleMenu({ story, title, onKeys, onGone }: { story: number | null; title: string; onKeys: () => void; onGone: () => void }) {
  const [isOpen, setOpen] = useState(false);
  const [isSure, setSure] = useState(false);
  const now = useWatched(theme);
  const own = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isOpen) return setSure(false);
    const onDown = (event: Event) => !own.current?.contains(event.target as Node) && setOpen(false);
    const onKey = (event: KeyboardEvent) => event.key === "Escape" && (setOpen(false), own.current?.querySelector("button")?.focus());
    document.addEventListener("pointerdown", onDown);
    document.addEventListener("keydown", onKey);
    return () => {
      document.removeEventListener("pointerdown", onDown);
      document.removeEventListener("keydown", onKey);
    };
  }, [isOpen]);
  const remove = () => {
    if (story === null) return;
    if (!isSure) return setSure(true);
    ask(storyPath(story), { method: "DELETE" })
      .then(() => { say("gone", `“${title || "The story"}” is deleted.`); setOpen(false); onGone(); })
      .catch((error: unknown) => complain("delete", error));
  };
  return (
    <div className="menu" ref={own}>
      <button aria-haspopup="true" aria-expanded={isOpen} aria-label="More: export, look, keys" onClick={() => setOpen(!isOpen)}>⋯</button>
      {isOpen && (
        <div className="menu-list">
          {story !== null && (
            <div role="group" aria-label="Export">
              <p className="quiet">Export</p>
              {formats.map(([format, name]) => <a key={format} href={storyPath(story, `/export?format=${format}`)} download onClick={() => setOpen(false)}>{name}</a>)}
            </div>
          )}
          <div role="group" aria-label="Light and dark">
            <p className="quiet">Look</p>
            {themes.map(([value, name]) => <button key={value} aria-pressed={now === value} onClick={() => setTheme(value)}>{now === value ? "✓ " : ""}{name}</button>)}
          </div>
          <div role="group" aria-label="Help">
            <button onClick={() => { setOpen(false); onKeys(); }}>Keys</button>
            {story !== null && <button onClick={remove}>{isSure ? "Delete for good: sure?" : "Delete this story"}</button>}
          </div>
        </div>
      )}
    </div>
  );
}
