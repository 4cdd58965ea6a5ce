// SPDX-License-Identifier: 0BSD
// What the page has to say that no place on the desk says: one line each, said once, gone when settled.
import { inWords, Refusal } from "../api/client";
import { Watched } from "./store";

export interface Notice {
  id: string;
  text: string;
  isTrouble: boolean;
  action?: { title: string; run: () => void };
}

export const notices = new Watched<Notice[]>([]);
/** Whether the server asks for a token. */
export const locked = new Watched(false);

export function dismiss(id: string): void {
  notices.set(notices.get().filter((each) => each.id !== id));
}

export function say(id: string, text: string, more: Partial<Notice> = {}): void {
  const notice: Notice = { id, text, isTrouble: false, ...more };
  notices.set([...notices.get().filter((each) => each.id !== id), notice].slice(-3));
  if (!notice.isTrouble && !notice.action) setTimeout(() => dismiss(id), 5000);
}

/** Says what a failed request means; 401 opens the token prompt instead. */
export function complain(id: string, error: unknown): void {
  if (error instanceof Refusal && error.status === 401) return locked.set(true);
  const refusal = error instanceof Refusal ? error : new Refusal(0, "", String(error));
  say(id, inWords(refusal), { isTrouble: true });
}
