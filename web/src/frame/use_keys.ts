// SPDX-License-Identifier: 0BSD
// The keys of the desk. None is taken from a field that is being typed in, nor from the browser's own.
import { useEffect, useRef } from "react";

export type Keys = Record<string, () => void>;

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

export function useKeys(keys: Keys, isOn: boolean): void {
  const latest = useRef({ keys, isOn });
  latest.current = { keys, isOn };
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const { keys: now, isOn: hasSingles } = latest.current;
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        now["ctrl+k"]?.();
        return;
      }
      if (!hasSingles || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
      const isPressing = event.target instanceof HTMLElement && /^(BUTTON|A|SUMMARY)$/.test(event.target.tagName);
      if (event.key === "Enter" && isPressing) return;
      const run = now[event.key];
      if (!run) return;
      event.preventDefault();
      run();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}
