// SPDX-License-Identifier: 0BSD
// How the writer has set the desk: how many candidates, drawn how, with which settings; light or dark.
// Kept in the browser, one for all stories.
import type { NewOffer, Settings } from "../api/wire";
import { keepJson, readJson } from "./drafts";
import { Watched } from "./store";

export interface Setup {
  candidates: number;
  policy: string | null; // null: the server's
  preset: string | null;
  settings: Settings; // only what differs
  goesOn: boolean; // asks for the next candidates once one is taken
}

export type Theme = "auto" | "light" | "dark";

export const plainSetup: Setup = { candidates: 3, policy: null, preset: null, settings: {}, goesOn: true };

export const setup = new Watched<Setup>({ ...plainSetup, ...readJson<Partial<Setup>>("fabula.setup", {}) });
export const theme = new Watched<Theme>(readJson<Theme>("fabula.theme", "auto"));
export const singleKeys = new Watched<boolean>(readJson("fabula.keys", true));

export function change(part: Partial<Setup>): void {
  setup.set({ ...setup.get(), ...part });
  keepJson("fabula.setup", setup.get());
}

/** Sets one setting; undefined puts it back. A dial that a person moves holds: nothing is drawn over it. */
export function setSetting(name: string, value: Settings[string] | undefined): void {
  const settings = { ...setup.get().settings };
  if (value === undefined) delete settings[name];
  else settings[name] = value;
  change({ settings, policy: value === undefined ? setup.get().policy : (setup.get().policy ?? "fixed") });
}

/** What is asked of the server. Only what was set is named, so that its own defaults hold. */
export function offerOf(desk: Setup, parent: number): NewOffer {
  const body: NewOffer = { candidates: Math.min(8, Math.max(1, Math.round(desk.candidates))), parent };
  if (desk.policy) body.policy = desk.policy;
  if (desk.preset) body.preset = desk.preset;
  if (Object.keys(desk.settings).length > 0) body.settings = desk.settings;
  return body;
}

export function setTheme(next: Theme): void {
  theme.set(next);
  keepJson("fabula.theme", next);
  applyTheme();
}

export function applyTheme(): void {
  const now = theme.get();
  if (now === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = now;
}

export function setSingleKeys(isOn: boolean): void {
  singleKeys.set(isOn);
  keepJson("fabula.keys", isOn);
}
