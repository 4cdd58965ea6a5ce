// SPDX-License-Identifier: 0BSD
// What the page has to say, at its foot; and how the connection is, in its head.
import type { Link } from "../api/follow";
import { dismiss, notices } from "../state/notices";
import { useWatched } from "../state/store";

export function Notices() {
  const all = useWatched(notices);
  return (
    <div className="notices" role="status" aria-live="polite">
      {all.map((each) => (
        <div key={each.id} className={each.isTrouble ? "notice trouble" : "notice"}>
          <p>{each.text}</p>
          {each.action && <button onClick={each.action.run}>{each.action.title}</button>}
          <button className="small" aria-label="Dismiss" onClick={() => dismiss(each.id)}>×</button>
        </div>
      ))}
    </div>
  );
}

export function LinkNote({ link, seconds, onRetry }: { link: Link; seconds: number | null; onRetry: () => void }) {
  if (link !== "lost") return <span className="link-note" role="status" />;
  return (
    <span className="link-note lost" role="status">
      <span><span aria-hidden="true">◌ </span>connection lost, all is kept<span className="wide-only">{seconds !== null && `; trying again in ${seconds} s`}</span></span>
      <button className="small" onClick={onRetry}>now</button>
    </span>
  );
}
