// SPDX-License-Identifier: 0BSD
// Follows a story's event stream: opens it, reads the events, comes back after a loss where it stopped,
// and says how it goes. It owns the connection and the waiting; what events mean is the reducer's.
import { ask, Refusal, storyPath } from "./client";
import { eventKinds, type StoryEvent } from "./wire";

export type Link = "opening" | "open" | "lost" | "locked" | "gone";

export interface Source {
  readonly readyState: number;
  addEventListener(kind: string, listener: (event: { data: string; lastEventId: string }) => void): void;
  onopen: unknown;
  onerror: unknown;
  close(): void;
}

export interface Following {
  onEvents(events: StoryEvent[]): void;
  onLink(link: Link, retryInSeconds: number | null): void;
  open?: (address: string) => Source;
  probe?: (story: number) => Promise<void>; // rejects with a Refusal
}

const firstWaitMs = 400;
const longestWaitMs = 15_000;
const hiddenMs = 30_000; // a tab that nobody sees gives its connection back after this long

/** How long to wait before try number `tries` (from 1), with up to a third of chance in it. */
export function waitMs(tries: number, chance: number): number {
  const most = Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(tries - 1, 10));
  return Math.round(most * (2 / 3 + chance / 3));
}

/** Null for what cannot be read: a stream must not end the page. */
export function readEvent(kind: string, data: string): StoryEvent | null {
  try {
    const read: unknown = JSON.parse(data);
    return typeof read === "object" && read !== null ? ({ kind, data: read } as StoryEvent) : null;
  } catch {
    return null;
  }
}

export class Follower {
  private source: Source | null = null;
  private lastId = "";
  private tries = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private hideTimer: ReturnType<typeof setTimeout> | undefined;
  private waiting: StoryEvent[] = [];
  private frame = 0;
  private isOver = false;

  constructor(private readonly story: number, private readonly to: Following) {
    this.open();
    if (typeof document !== "undefined") {
      document.addEventListener("visibilitychange", this.onVisibility);
      window.addEventListener("online", this.now);
    }
  }

  close() {
    this.isOver = true;
    this.source?.close();
    clearTimeout(this.timer);
    clearTimeout(this.hideTimer);
    if (typeof document !== "undefined") {
      document.removeEventListener("visibilitychange", this.onVisibility);
      window.removeEventListener("online", this.now);
    }
  }

  /** Tries again at once, where it waits or was locked out. */
  now = () => {
    if (this.isOver || this.source) return;
    clearTimeout(this.timer);
    this.open();
  };

  private onVisibility = () => {
    clearTimeout(this.hideTimer);
    if (document.visibilityState === "visible") return this.now();
    this.hideTimer = setTimeout(() => {
      this.drop();
      clearTimeout(this.timer);
    }, hiddenMs);
  };

  private drop() {
    this.source?.close();
    this.source = null;
  }

  private open() {
    const address = storyPath(this.story, "/events") + (this.lastId ? `?last_event_id=${encodeURIComponent(this.lastId)}` : "");
    const source = (this.to.open ?? ((at) => new EventSource(at) as unknown as Source))(address);
    this.source = source;
    if (this.tries === 0) this.to.onLink("opening", null);
    source.onopen = () => {
      this.tries = 0;
      this.to.onLink("open", null);
    };
    source.onerror = () => this.lost(source);
    source.addEventListener("bye", () => this.lost(source));
    for (const kind of eventKinds) {
      source.addEventListener(kind, (event) => {
        if (this.source !== source) return;
        if (event.lastEventId) this.lastId = event.lastEventId;
        const read = readEvent(kind, event.data);
        if (read) this.hand(read);
        if (kind === "removed") this.end("gone");
      });
    }
  }

  // Tokens come faster than a screen is drawn: what came within a frame is handed over at once.
  private hand(event: StoryEvent) {
    this.waiting.push(event);
    if (this.frame) return;
    const flush = () => {
      this.frame = 0;
      const events = this.waiting;
      this.waiting = [];
      if (!this.isOver) this.to.onEvents(events);
    };
    const isSeen = typeof document !== "undefined" && document.visibilityState === "visible";
    this.frame = 1;
    if (isSeen) requestAnimationFrame(flush);
    else setTimeout(flush, 16);
  }

  private end(link: Link) {
    this.drop();
    this.to.onLink(link, null);
  }

  private lost(source: Source) {
    if (this.isOver || this.source !== source) return;
    this.drop();
    this.tries += 1;
    const wait = waitMs(this.tries, Math.random());
    this.to.onLink("lost", Math.ceil(wait / 1000));
    this.timer = setTimeout(() => void this.again(), wait);
  }

  // An EventSource does not tell why it failed; a plain request does.
  private async again() {
    try {
      await (this.to.probe ?? ((story) => ask(storyPath(story)).then(() => undefined)))(this.story);
    } catch (error) {
      if (this.isOver || this.source) return;
      const status = error instanceof Refusal ? error.status : 0;
      if (status === 401) return this.to.onLink("locked", null);
      if (status === 404) return this.end("gone");
      this.tries += 1;
      const wait = waitMs(this.tries, Math.random());
      this.to.onLink("lost", Math.ceil(wait / 1000));
      this.timer = setTimeout(() => void this.again(), wait);
      return;
    }
    if (!this.isOver && !this.source) this.open();
  }
}
