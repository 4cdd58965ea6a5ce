// SPDX-License-Identifier: 0BSD
// What a writer does at the desk, as functions; what is under way; what was just taken. It owns no text.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Passage, Settings } from "../api/wire";
import { aheadOf, laidOut, labelOf, offersAt, passageOf, textTo, type Laid, type Slot } from "../state/desk_view";
import { draftOf, editDraft, forget } from "../state/drafts";
import { complain, dismiss, say } from "../state/notices";
import * as post from "../state/post";
import { offerOf, setup } from "../state/setup";
import { useWatched } from "../state/store";
import type { OwnEvent, StoryState } from "../state/story_state";
import { behind } from "./OwnWords";

export interface Taken {
  offer: number;
  index: number;
  label: string;
  passage: number;
}

/** Cards for what was asked for and of which the server has not told yet. */
function askedSlots(head: number, count: number): Slot[] {
  return Array.from({ length: count }, (_, place) => ({
    key: `${head}.${place}`, label: labelOf(place), offer: null, index: place, text: "", settings: {}, policy: "",
    isWriting: true, candidate: null,
  }));
}

export function useDesk(state: StoryState, tell: (event: OwnEvent) => void) {
  const story = state.story;
  const desk = useWatched(setup);
  const letters = useWatched(post.underWay);
  const [number, setNumber] = useState<number | null>(null); // an earlier offer of this place
  const [taken, setTaken] = useState<Taken | null>(null);
  const [taking, setTaking] = useState<string | null>(null);
  const [edited, setEdited] = useState<string | null>(null);
  const current = useRef(0);
  const seenSince = useRef(Date.now());
  const id = story?.id ?? null;
  const head = story?.head ?? null;

  useEffect(() => {
    setNumber(null);
    setEdited(null);
    setTaking(null);
    seenSince.current = Date.now();
    current.current = 0;
  }, [id, head]);

  const own = letters.filter((each) => each.story === id);
  const isAsking = own.some((each) => each.what === "offer");
  const laid: Laid = useMemo(() => laidOut(state, number), [state, number]);
  const isAskedOnly = isAsking && head !== null && laid.live === null;
  const slots = isAskedOnly && head !== null ? askedSlots(head, desk.candidates) : laid.slots;
  const isWriting = laid.requests.length > 0 || isAsking || laid.live !== null;
  const waiting = story?.requests.find((each) => laid.requests.includes(each.id) && each.state === "waiting") ?? null;
  const failed = story?.requests.filter((each) => each.parent === head && each.state === "failed").pop() ?? null;

  const latest = useRef({ story, laid, slots, state });
  latest.current = { story, laid, slots, state };
  // What the page shows as taken may still be on its way: what builds on it waits for the server's word.
  const settled = useRef<Promise<unknown>>(Promise.resolve());
  // Until its story has come to where that put it, too; not for ever, should it not come.
  const landed = useRef<number | null>(null);
  const once = useCallback((run: () => void) => {
    const since = Date.now();
    const look = () => {
      const isThere = landed.current === null || latest.current.story?.head === landed.current;
      if (!isThere && Date.now() - since < longestLandingMs) return void setTimeout(look, 30);
      landed.current = null;
      run();
    };
    void settled.current.then(look);
  }, []);

  const ask = useCallback((isRefusing = false, more: Settings = {}) => once(() => {
    const { story: now, laid: on } = latest.current;
    if (!now) return;
    setNumber(null);
    setEdited(null);
    dismiss("desk");
    if (isRefusing && on.offer && passageOfOffer(now.passages, on.offer.id) === null)
      post.choose(now.id, { offer: on.offer.id, index: null, head: now.head }).catch(() => undefined);
    post.askForOffer(now.id, now.head, more).catch((error: unknown) => complain("desk", error));
  }), []);

  const goOn = useCallback((story: number, head: number) => {
    if (!setup.get().goesOn) return tell({ kind: "unguess" });
    post.askForOffer(story, head).catch((error: unknown) => {
      tell({ kind: "unguess" });
      complain("desk", error);
    });
  }, [tell]);

  const take = useCallback((slot: Slot, text?: string) => {
    const { story: now, slots: shownSlots } = latest.current;
    if (!now || slot.offer === null || !slot.candidate || slot.isWriting) return;
    const again = passageOf(now, slot.offer, slot.index);
    if (again && text === undefined && again.origin === "generated") {
      post.move(now.id, { kind: "jump", to: again.id }).catch((error: unknown) => complain("desk", error));
      return;
    }
    if (slot.text.trim() === "" && text === undefined) return say("desk", "There are no words here to take.");
    const begun = text === undefined ? draftOf(editDraft(now.id, slot.offer, slot.index)) : "";
    if (begun !== "" && begun !== slot.text) {
      setEdited(slot.key);
      return say("desk", "You had begun to change these words: take them as edited, or drop the change.");
    }
    const isEdited = text !== undefined && text.trim() !== "" && text !== slot.text;
    const draft = { name: editDraft(now.id, slot.offer, slot.index), text: text ?? "" };
    const asked = setup.get();
    const ahead = isEdited || !asked.goesOn ? null : aheadOf(latest.current.state, slot.offer, slot.index, offerOf(asked, now.head));
    if (!ahead) setTaking(slot.key);
    const choice = {
      offer: slot.offer, index: slot.index, head: now.head,
      ...(isEdited ? { text } : {}),
      shown: shownSlots.filter((each) => each.candidate).map((each) => each.index),
      seconds: Math.round((Date.now() - seenSince.current) / 100) / 10,
    };
    // What is known ahead is shown before it is sent: sending takes a few milliseconds of the page's own.
    const sent = (ahead ? soon() : Promise.resolve()).then(() => post.choose(now.id, choice, isEdited ? draft : null));
    const take = { offer: slot.offer, index: slot.index, label: slot.label };
    if (ahead) {
      tell({ kind: "guess", data: ahead });
      setTaken({ ...take, passage: nextPassage(now.passages) });
    }
    settled.current = sent.catch(() => undefined);
    sent
      .then((answer) => {
        if (!isEdited) forget(`fabula.draft.${draft.name}`);
        setTaken({ ...take, passage: answer.passage.id });
        landed.current = answer.head;
        goOn(now.id, answer.head);
      })
      .catch((error: unknown) => {
        setTaking(null);
        setTaken(null);
        tell({ kind: "unguess" });
        complain("desk", error);
      });
  }, [goOn, tell]);

  const write = useCallback((text: string, draft: { name: string; text: string }) => once(() => {
    const { story: now, laid: on } = latest.current;
    if (!now) return;
    const whole = behind(textTo(now, now.head), text);
    const sent: Promise<{ passage: Passage; head?: number }> = on.offer
      ? post.choose(now.id, { offer: on.offer.id, index: null, text: whole, head: now.head }, draft)
      : post.writePassage(now.id, now.head, whole, draft);
    setTaken(null);
    sent.then((answer) => goOn(now.id, answer.head ?? answer.passage.id)).catch((error: unknown) => complain("desk", error));
  }), [goOn]);

  const redraw = useCallback((slot: Slot, nudge = 0) => {
    const { story: now } = latest.current;
    if (!now || slot.offer === null || slot.isWriting) return;
    let settings: Record<string, unknown> | undefined;
    if (nudge !== 0) {
      const temperature = typeof slot.settings["temperature"] === "number" ? slot.settings["temperature"] : 1;
      settings = { temperature: Math.round(Math.min(2.5, Math.max(0.1, temperature + nudge)) * 100) / 100 };
    }
    post.askForRedraw(now.id, slot.offer, slot.index, settings).catch((error: unknown) => complain("desk", error));
  }, []);

  const rate = useCallback((of: { offer: number | null; index: number }, rating: number, reason: string) => {
    const { story: now } = latest.current;
    if (now && of.offer !== null) post.rate(now.id, of.offer, of.index, rating, reason).catch((error: unknown) => complain("desk", error));
  }, []);

  const undo = useCallback(() => once(() => {
    const { story: now } = latest.current;
    if (!now) return;
    setTaken(null);
    const at = now.passages.find((each) => each.id === now.head);
    if (!at || at.parent === null) return say("desk", "This is where the story begins.");
    post.move(now.id, { kind: "undo" }).catch((error: unknown) => complain("desk", error));
  }), []);

  const jump = useCallback((to: number) => once(() => {
    const { story: now } = latest.current;
    if (!now || now.head === to) return;
    setTaken(null);
    post.move(now.id, { kind: "jump", to }).catch((error: unknown) => complain("desk", error));
  }), []);

  /** Takes a candidate that was left at another place: goes there, then takes it. */
  const takeThere = useCallback((offer: number, index: number) => once(() => {
    const { story: now } = latest.current;
    const there = now?.offers.find((each) => each.id === offer);
    if (!now || !there) return;
    const passage = passageOf(now, offer, index);
    if (passage) return jump(passage.id);
    setTaken(null);
    const stand = now.head === there.parent ? Promise.resolve() : post.move(now.id, { kind: "jump", to: there.parent }).then(() => undefined);
    stand.then(() => post.choose(now.id, { offer, index, head: there.parent }))
      .then((answer) => goOn(now.id, answer.head))
      .catch((error: unknown) => complain("desk", error));
  }), [goOn, jump]);

  const stop = useCallback(() => {
    for (const request of latest.current.laid.requests)
      post.stopRequest(request).catch((error: unknown) => complain("desk", error));
  }, []);

  const edit = useCallback((slot: Slot | null) => {
    setEdited(slot?.key ?? null);
    if (!slot) {
      const card = document.querySelectorAll<HTMLElement>(".deck .card")[current.current];
      card?.focus();
    }
  }, []);

  const does = useMemo(() => ({ take, redraw, rate, edit, current: (place: number) => (current.current = place) }), [take, redraw, rate, edit]);
  const earlier = story && head !== null ? offersAt(story, head) : [];
  return {
    desk, laid, slots, isWriting, isAsking, isAskedOnly, waiting, failed, taken, setTaken, taking, edited, number, setNumber, earlier, current,
    does, ask, write, undo, jump, takeThere, stop, isSendingOwn: own.some((each) => each.draft?.name === `own.${id}`),
  };
}

export type DeskState = ReturnType<typeof useDesk>;

const longestLandingMs = 3000;

const soon = () => new Promise<void>((done) => setTimeout(done, 0));

const nextPassage = (passages: Passage[]) => Math.max(...passages.map((each) => each.id)) + 1;

function passageOfOffer(passages: Passage[], offer: number): number | null {
  return passages.find((each) => each.offer === offer)?.id ?? null;
}
