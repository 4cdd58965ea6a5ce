// SPDX-License-Identifier: 0BSD
// What was typed, kept in the browser until the server has it: a reload, a crash or a lost connection
// takes nothing. Storage that is full or forbidden costs only this safety, never the typing.

const prefix = "fabula.draft.";

export interface Shelf {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

function shelf(): Shelf | null {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}

export function keepJson(key: string, value: unknown, at: Shelf | null = shelf()): boolean {
  try {
    at?.setItem(key, JSON.stringify(value));
    return at !== null;
  } catch {
    return false;
  }
}

export function readJson<T>(key: string, otherwise: T, at: Shelf | null = shelf()): T {
  try {
    const text = at?.getItem(key);
    return text ? (JSON.parse(text) as T) : otherwise;
  } catch {
    return otherwise;
  }
}

export function forget(key: string, at: Shelf | null = shelf()): void {
  try {
    at?.removeItem(key);
  } catch {
    // Nothing to do: it will be overwritten.
  }
}

export const draftOf = (name: string): string => readJson<string>(prefix + name, "");

export function keepDraft(name: string, text: string): void {
  if (text === "") forget(prefix + name);
  else keepJson(prefix + name, text);
}

const settled = new Set<(name: string) => void>();

/** Calls `listener` with the name of each draft that arrived. Returns how to stop. */
export function onSettled(listener: (name: string) => void): () => void {
  settled.add(listener);
  return () => settled.delete(listener);
}

/** Calls `listener` when another tab changed that draft. Returns how to stop. */
export function onTypedElsewhere(name: string, listener: () => void): () => void {
  const onStorage = (event: StorageEvent) => {
    if (event.key === prefix + name) listener();
  };
  window.addEventListener("storage", onStorage);
  return () => window.removeEventListener("storage", onStorage);
}

/** Forgets a draft that was sent, unless more was typed meanwhile. */
export function settleDraft(name: string, sent: string): void {
  if (draftOf(name) === sent) forget(prefix + name);
  for (const each of settled) each(name);
}

const ofEdit = "edit.";
export const editDraft = (story: number, offer: number | null, index: number): string => `${ofEdit}${story}.${offer}.${index}`;

/** Edits of candidates of other offers than `offer`: their cards are gone, their words are not. */
export function strandedEdits(story: number, offer: number | null, at: Storage | null = globalThis.localStorage ?? null): { name: string; text: string }[] {
  const found: { name: string; text: string }[] = [];
  try {
    for (let i = 0; at && i < at.length; ++i) {
      const key = at.key(i) ?? "";
      if (!key.startsWith(`${prefix}${ofEdit}${story}.`)) continue;
      const name = key.slice(prefix.length);
      const text = draftOf(name);
      if (text && name.split(".")[2] !== String(offer)) found.push({ name, text });
    }
  } catch {
    return [];
  }
  return found;
}
