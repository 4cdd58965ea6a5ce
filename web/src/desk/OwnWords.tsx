// SPDX-License-Identifier: 0BSD
// The box to write in oneself. What is typed is kept with every letter.
import { useLayoutEffect, useRef } from "react";
import { useDraft } from "../state/use_draft";

/** One's words behind the story's: a space between them where none is and the language would put one. */
export function behind(story: string, words: string): string {
  const text = words.replace(/\s+$/u, "");
  if (story === "" || /\s$/u.test(story) || /^[\s,.;:!?…)\]”’]/u.test(text)) return text;
  return ` ${text}`;
}

export function OwnWords({ story, onWrite, isSending }: {
  story: number;
  onWrite: (text: string, draft: { name: string; text: string }) => void;
  isSending: boolean;
}) {
  const name = `own.${story}`;
  const [text, setText] = useDraft(name);
  const area = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const own = area.current;
    if (!own) return;
    own.style.height = "auto";
    own.style.height = `${Math.min(own.scrollHeight + 2, 420)}px`;
  }, [text]);
  const send = () => text.trim() !== "" && !isSending && onWrite(text, { name, text });
  return (
    <div className="own">
      <textarea
        ref={area} id="own-words" rows={1} value={text} placeholder="or write it yourself …" aria-label="Write the next passage yourself"
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send();
          if (event.key === "Escape") area.current?.blur();
        }}
      />
      {text.trim() !== "" && (
        <div className="acts">
          <button className="take" onClick={send} disabled={isSending}>{isSending ? "Putting it down …" : "Put it in the story"}</button>
          <span className="quiet hint">Ctrl Enter · kept while you type</span>
        </div>
      )}
    </div>
  );
}
