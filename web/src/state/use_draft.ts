// SPDX-License-Identifier: 0BSD
import { useCallback, useEffect, useState } from "react";
import { draftOf, keepDraft, onSettled, onTypedElsewhere } from "./drafts";

/** A text that is in the browser's storage with each letter typed. */
export function useDraft(name: string): [string, (text: string) => void] {
  const [kept, setKept] = useState({ name, text: draftOf(name) });
  useEffect(() => {
    if (kept.name !== name) setKept({ name, text: draftOf(name) });
  }, [name, kept.name]);
  useEffect(() => onSettled((each) => each === name && setKept({ name, text: draftOf(name) })), [name]);
  // Another tab types at the same text: both show it, so that neither writes over what the other does not see.
  useEffect(() => onTypedElsewhere(name, () => setKept({ name, text: draftOf(name) })), [name]);
  const change = useCallback((text: string) => {
    keepDraft(name, text);
    setKept({ name, text });
  }, [name]);
  return [kept.name === name ? kept.text : draftOf(name), change];
}
