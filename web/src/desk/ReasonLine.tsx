// SPDX-License-Identifier: 0BSD
// The reason for a choice or a rating: three words to tap, or one's own. Never asked twice.
import { useDraft } from "../state/use_draft";

export const reasons = ["coherence", "style", "turn of the story"];

export function ReasonLine({ of, draft, current, onReason, onLeave }: {
  of: string;
  draft: string;
  current: string;
  onReason: (reason: string) => void;
  onLeave: () => void;
}) {
  const [own, setOwn] = useDraft(draft);
  const send = () => {
    if (own.trim() === "") return;
    onReason(own.trim());
    setOwn("");
  };
  return (
    <div className="reasons" role="group" aria-label={of}>
      <span className="quiet">{of}</span>
      {reasons.map((each) => (
        <button key={each} aria-pressed={current === each} onClick={() => onReason(each)}>{each}</button>
      ))}
      <input
        value={own} placeholder="own words" aria-label={`${of} In your own words`} maxLength={500}
        onChange={(event) => setOwn(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") send();
          if (event.key === "Escape") onLeave();
        }}
      />
      {own.trim() !== "" && <button onClick={send}>Keep</button>}
      <button className="small" onClick={onLeave} aria-label="Give no reason">×</button>
    </div>
  );
}
