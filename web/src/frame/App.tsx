// SPDX-License-Identifier: 0BSD
// The whole page: shelf, desk, side, and what lies over them. It decides what is open; the parts do the rest.
import { useCallback, useEffect, useMemo, useState } from "react";
import type { Story } from "../api/wire";
import { Desk } from "../desk/Desk";
import { useDesk } from "../desk/use_desk";
import { complain, locked } from "../state/notices";
import { askForOffer, outbox, sendLeft } from "../state/post";
import { go, hashOf, leaves, route, type Leaf } from "../state/route";
import { setTheme, singleKeys, theme } from "../state/setup";
import { keepJson, readJson } from "../state/drafts";
import { useWatched } from "../state/store";
import { useStory } from "../state/use_story";
import { EmptyDesk } from "./EmptyDesk";
import { KeysSheet } from "./KeysSheet";
import { LinkNote, Notices } from "./Notes";
import { Palette, type Command } from "./Palette";
import { Shelf } from "./Shelf";
import { leafTitles, Side } from "./Side";
import { TitleMenu } from "./TitleMenu";
import { TokenPrompt } from "./TokenPrompt";
import { useKeys } from "./use_keys";
import { useStatistics } from "./use_statistics";

const isNarrow = () => matchMedia("(max-width: 760px)").matches;

export function App() {
  const { story: id, leaf: routed } = useWatched(route);
  const isLocked = useWatched(locked);
  const hasKeys = useWatched(singleKeys);
  const followed = useStory(isLocked ? null : id);
  const { state, link } = followed;
  const desk = useDesk(state, followed.tell);
  const statistics = useStatistics(state.story);
  const [isShelfOpen, setShelfOpen] = useState(() => !isNarrow() && readJson("fabula.shelf", window.innerWidth >= 1100));
  const [isSideOpen, setSideOpen] = useState(() => readJson("fabula.side", true));
  const [isWide, setWide] = useState(false);
  const [over, setOver] = useState<"keys" | "jump" | null>(null);
  const [spoken, setSpoken] = useState("");
  const story = state.story;

  // Beside the desk a leaf is always open unless it was folded; over it (on a phone) only where one went to it.
  const leaf: Leaf | null = routed ?? (isNarrow() || !isSideOpen || id === null ? null : "tree");

  const open = useCallback((to: number | null) => {
    go({ story: to, leaf: null });
    if (isNarrow()) setShelfOpen(false);
  }, []);
  const onNew = useCallback(() => open(null), [open]);
  const openLeaf = useCallback((next: Leaf | null) => {
    setSideOpen(next !== null);
    keepJson("fabula.side", next !== null);
    go({ story: route.get().story, leaf: next });
  }, []);
  const toggleShelf = useCallback(() => setShelfOpen((was) => {
    if (!isNarrow()) keepJson("fabula.shelf", !was);
    return !was;
  }), []);

  const onBegun = useCallback((begun: Story) => {
    go({ story: begun.id, leaf: null });
    askForOffer(begun.id, begun.head).catch((error: unknown) => complain("desk", error));
  }, []);

  useEffect(() => {
    sendLeft((begun) => go({ story: begun.id, leaf: null }), (letter, error) => complain(letter.key, error));
  }, []);
  useEffect(() => {
    if (link === "locked") locked.set(true);
    if (link === "open") outbox.wake();
  }, [link]);
  useEffect(() => {
    document.title = story?.title ? `${story.title} · Fabula` : "Fabula";
  }, [story?.title]);

  const toggleTheme = useCallback(() => {
    const isDark = theme.get() === "dark" || (theme.get() === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
    setTheme(isDark ? "light" : "dark");
  }, []);
  const toTree = useCallback(() => {
    openLeaf("tree");
    requestAnimationFrame(() => document.querySelector<HTMLElement>('[role="tree"]')?.focus());
  }, [openLeaf]);

  const at = () => desk.slots[Math.min(desk.current.current, desk.slots.length - 1)];
  const keys: Record<string, () => void> = {
    "ctrl+k": () => setOver("jump"),
    "/": () => setOver("jump"),
    "?": () => setOver("keys"),
    t: toggleTheme,
  };
  if (story) {
    desk.slots.forEach((slot, place) => (keys[String(place + 1)] = () => desk.does.take(slot)));
    Object.assign(keys, {
      e: () => { const slot = at(); if (slot?.candidate) desk.does.edit(slot); },
      r: () => { const slot = at(); if (slot?.candidate) desk.does.redraw(slot); },
      R: () => { if (!desk.isWriting) desk.ask(desk.slots.length > 0); },
      Enter: () => { if (desk.slots.length === 0) desk.ask(); },
      u: desk.undo,
      w: () => document.getElementById("own-words")?.focus(),
      g: toTree,
      s: () => openLeaf("settings"),
      m: () => {
        openLeaf("notes");
        requestAnimationFrame(() => document.querySelector<HTMLElement>(".leaf textarea")?.focus());
      },
      Escape: () => { if (isNarrow() && routed) openLeaf(null); },
    });
  }
  useKeys(keys, hasKeys && !isLocked);

  const commands = useMemo((): Command[] => [
    { title: "New story", run: () => open(null) },
    ...(story ? [
      { title: desk.slots.length > 0 ? "All anew" : "Ways on", key: "R", run: () => desk.ask(desk.slots.length > 0) },
      { title: "Step back", key: "u", run: desk.undo },
      ...leaves.map((each): Command => ({ title: leafTitles[each], run: () => (each === "tree" ? toTree() : openLeaf(each)) })),
      ...["text", "markdown", "json"].map((format): Command => ({ title: `Export as ${format}`, run: () => { location.href = `/api/v1/stories/${story.id}/export?format=${format}`; } })),
    ] : [{ title: "Settings", run: () => openLeaf("settings") }]),
    { title: "Light or dark", key: "t", run: toggleTheme },
    { title: "Keys", key: "?", run: () => setOver("keys") },
  ], [story?.id, desk.slots.length, open, openLeaf, toTree, toggleTheme]);

  const last = useMemo(() => story ? story.offers.flatMap((each) => each.candidates.filter((candidate) => story.passages.some((passage) => passage.offer === each.id && passage.index === candidate.index))).pop() ?? null : null, [story?.offers, story?.passages]);

  if (isLocked)
    return <TokenPrompt onOpen={() => { locked.set(false); outbox.wake(); followed.retry(); }} />;

  const stamp = `${story?.id ?? 0}.${story?.passages.length ?? 0}`;
  return (
    <div className={`frame${isShelfOpen ? " with-shelf" : ""}${leaf ? " with-side" : ""}${isWide && leaf ? " wide-side" : ""}`} data-link={link}>
      <a className="skip" href="#own-words" onClick={(event) => { event.preventDefault(); document.querySelector<HTMLElement>("#own-words, #prompt")?.focus(); }}>To the writing</a>
      <header className="head">
        <button onClick={toggleShelf} aria-expanded={isShelfOpen} aria-label="Stories" title="Stories">☰</button>
        <a href="#/" className="word" onClick={() => open(null)}>Fabula</a>
        <span className="story-title" title={story?.title}>{story?.title}</span>
        <LinkNote link={id === null ? "open" : link} seconds={followed.retryInSeconds} onRetry={followed.retry} />
        <button className="wide-only" onClick={() => setOver("jump")} title="Jump (Ctrl K)">Jump</button>
        {leaf === null && <button className="wide-only" onClick={() => openLeaf(story ? "tree" : "settings")}>{story ? "Tree" : "Settings"}</button>}
        <TitleMenu story={story?.id ?? null} title={story?.title ?? ""} onKeys={() => setOver("keys")} onGone={() => open(null)} />
      </header>
      {isShelfOpen && <Shelf current={id} stamp={stamp} onOpen={open} onNew={onNew} />}
      <main>
        {id === null ? <EmptyDesk onBegun={onBegun} />
          : state.isRemoved || link === "gone" ? <div className="writing-place empty"><h1>There is no such story</h1><p>It was deleted, here or elsewhere, or it never was. What you may have typed for it is still in this browser.</p><button className="take" onClick={() => open(null)}>A new one</button></div>
          : story ? <Desk key={story.id} state={state} desk={desk} statistics={statistics} onSpeak={setSpoken} />
          : <div className="writing-place"><p className="quiet" role="status">{link === "lost" ? "The server cannot be reached; this page tries again by itself." : "opening the story …"}</p></div>}
      </main>
      {leaf && (story || leaf === "settings") && (
        <Side leaf={leaf} state={state} desk={desk} statistics={statistics} last={last} isWide={isWide} onLeaf={openLeaf} onWide={() => setWide(!isWide)} onClose={() => openLeaf(null)} />
      )}
      {story && (
        <nav className="foot" aria-label="Parts of the story">
          <a href={hashOf({ story: id, leaf: null })} aria-current={leaf === null ? "page" : undefined}>Story</a>
          {leaves.map((each) => <a key={each} href={hashOf({ story: id, leaf: each })} aria-current={leaf === each ? "page" : undefined}>{leafTitles[each]}</a>)}
        </nav>
      )}
      <p className="sr" role="status" aria-live="polite">{spoken}</p>
      <Notices />
      {over === "keys" && <KeysSheet onClose={() => setOver(null)} />}
      {over === "jump" && <Palette commands={commands} story={story} onStory={open} onPassage={desk.jump} onClose={() => setOver(null)} />}
    </div>
  );
}
