// SPDX-License-Identifier: 0BSD
// The leaves beside the manuscript: tree, settings, memory and notes, numbers. On a phone a leaf lies over the desk.
import type { Candidate, Statistics } from "../api/wire";
import { leaves, type Leaf } from "../state/route";
import type { StoryState } from "../state/story_state";
import { NotesLeaf } from "../side/NotesLeaf";
import { NumbersLeaf } from "../side/NumbersLeaf";
import { SettingsLeaf } from "../side/SettingsLeaf";
import { StoryTree } from "../side/StoryTree";
import type { DeskState } from "../desk/use_desk";

export const leafTitles: Record<Leaf, string> = { tree: "Tree", settings: "Settings", notes: "Memory", numbers: "Numbers" };

export function Side({ leaf, state, desk, statistics, last, isWide, onLeaf, onWide, onClose }: {
  leaf: Leaf;
  state: StoryState;
  desk: DeskState;
  statistics: Statistics | null;
  last: Candidate | null;
  isWide: boolean;
  onLeaf: (leaf: Leaf) => void;
  onWide: () => void;
  onClose: () => void;
}) {
  const story = state.story;
  const names = leaves.filter((each) => story || each === "settings");
  return (
    <aside className="side" aria-label={leafTitles[leaf]}>
      <div className="side-head">
        <div role="tablist" aria-label="Leaves">
          {names.map((each, i) => (
            <button
              key={each} role="tab" id={`tab-${each}`} aria-selected={each === leaf} aria-controls="leaf" tabIndex={each === leaf ? 0 : -1} onClick={() => onLeaf(each)}
              onKeyDown={(event) => {
                const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
                if (step === 0) return;
                const next = names[(i + step + names.length) % names.length]!;
                onLeaf(next);
                document.getElementById(`tab-${next}`)?.focus();
              }}
            >{leafTitles[each]}</button>
          ))}
        </div>
        <button className="small wider" onClick={onWide} aria-pressed={isWide} aria-label="Wider">{isWide ? "›" : "‹"}</button>
        <button className="small" onClick={onClose} aria-label={`Close ${leafTitles[leaf]}`}>×</button>
      </div>
      <div className="leaf" id="leaf" role="tabpanel" aria-label={leafTitles[leaf]} tabIndex={0}>
        {leaf === "tree" && story && <StoryTree story={story} onJump={desk.jump} onTake={desk.takeThere} />}
        {leaf === "settings" && <SettingsLeaf last={last} />}
        {leaf === "notes" && story && <NotesLeaf key={story.id} story={story.id} notes={story.notes ?? { memory: "", author_note: "" }} />}
        {leaf === "numbers" && story && <NumbersLeaf statistics={statistics} />}
      </div>
    </aside>
  );
}
