// SPDX-License-Identifier: 0BSD
// The empty desk: one line to write in, four openings to try. What is typed is kept.
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { ask } from "../api/client";
import type { ModelLine, NewStory, Story } from "../api/wire";
import { complain } from "../state/notices";
import { beginStory } from "../state/post";
import { useDraft } from "../state/use_draft";

export const openings = [
  "Once upon a time, a lighthouse keeper found a door under the sea.",
  "The last train of the night stopped where there was no station.",
  "Lily had a box that she was never to open, and it had begun to hum.",
  "In the town where nobody lied, the new teacher told one small lie.",
];

/** What the fields say, only those that say something. Null: there is nothing to begin with. */
export function newStory(prompt: string, title: string, seed: string, instruction: string): NewStory | null {
  if (prompt.trim() === "") return null;
  const story: NewStory = { prompt: prompt.replace(/\s+$/u, "") };
  if (title.trim()) story.title = title.trim();
  if (/^\d{1,20}$/.test(seed.trim())) story.seed = seed.trim();
  if (instruction.trim()) story.instruction = instruction.trim();
  return story;
}

export function EmptyDesk({ onBegun }: { onBegun: (story: Story) => void }) {
  const [prompt, setPrompt] = useDraft("new.prompt");
  const [title, setTitle] = useDraft("new.title");
  const [seed, setSeed] = useDraft("new.seed");
  const [instruction, setInstruction] = useDraft("new.instruction");
  const [isSending, setSending] = useState(false);
  const [models, setModels] = useState<ModelLine[]>([]);
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    ask<{ models: ModelLine[] }>("/api/v1/models").then((read) => setModels(read.models)).catch(() => undefined);
    if (matchMedia("(pointer: fine)").matches) area.current?.focus();
  }, []);
  useLayoutEffect(() => {
    const own = area.current;
    if (!own) return;
    own.style.height = "auto";
    own.style.height = `${Math.min(own.scrollHeight + 2, window.innerHeight * 0.5)}px`;
  }, [prompt]);
  const isBadSeed = seed.trim() !== "" && !/^\d{1,20}$/.test(seed.trim());
  const begin = () => {
    const story = newStory(prompt, title, seed, instruction);
    if (!story || isSending || isBadSeed) return;
    setSending(true);
    beginStory(story, { name: "new.prompt", text: prompt })
      .then((begun) => {
        setTitle("");
        setSeed("");
        setInstruction("");
        onBegun(begun);
      })
      .catch((error: unknown) => complain("new", error))
      .finally(() => setSending(false));
  };
  const model = models.find((each) => each.is_default) ?? models[0];
  return (
    <div className="writing-place empty">
      <h1>How does it begin?</h1>
      <textarea
        ref={area} id="prompt" rows={2} value={prompt} aria-label="The opening of your story" placeholder="Write or paste an opening …"
        onChange={(event) => setPrompt(event.target.value)}
        onKeyDown={(event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && begin()}
      />
      <div className="acts">
        <button className="take" id="begin" onClick={begin} disabled={prompt.trim() === "" || isSending || isBadSeed}>{isSending ? "Opening the book …" : "Begin"}</button>
        <span className="quiet hint">Ctrl Enter</span>
      </div>
      <details>
        <summary>Title, seed, instruction</summary>
        <label>Title<input value={title} onChange={(event) => setTitle(event.target.value)} maxLength={200} placeholder="its first words, if you give none" /></label>
        <label>Seed<input value={seed} inputMode="numeric" aria-invalid={isBadSeed} onChange={(event) => setSeed(event.target.value)} placeholder="a number; the same seed draws the same words" /></label>
        {isBadSeed && <p className="quiet"><strong>A seed is a whole number.</strong></p>}
        <label>Instruction<textarea rows={2} value={instruction} onChange={(event) => setInstruction(event.target.value)} placeholder="for models that follow instructions: what kind of story it is" /></label>
        {model && <p className="quiet">It is written with {model.name}.</p>}
      </details>
      {prompt.trim() === "" && (
        <section className="openings" aria-label="Openings to try">
          <p className="quiet">or try one of these</p>
          {openings.map((each) => (
            <button key={each} className="opening" onClick={() => { setPrompt(each); area.current?.focus(); }}>{each}</button>
          ))}
        </section>
      )}
    </div>
  );
}
