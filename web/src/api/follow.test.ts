// SPDX-License-Identifier: 0BSD
import { afterEach, describe, expect, it, vi } from "vitest";
import { Refusal } from "./client";
import { Follower, readEvent, waitMs, type Link, type Source } from "./follow";
import type { StoryEvent } from "./wire";

class Told implements Source {
  static all: Told[] = [];
  readyState = 0;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  isClosed = false;
  private listeners = new Map<string, (event: { data: string; lastEventId: string }) => void>();
  constructor(readonly address: string) { Told.all.push(this); }
  addEventListener(kind: string, listener: (event: { data: string; lastEventId: string }) => void) { this.listeners.set(kind, listener); }
  close() { this.isClosed = true; }
  tell(kind: string, data: unknown, lastEventId: string) { this.listeners.get(kind)?.({ data: JSON.stringify(data), lastEventId }); }
}

function following(probe: () => Promise<void> = async () => undefined) {
  Told.all = [];
  vi.useFakeTimers();
  const events: StoryEvent[] = [];
  const links: Link[] = [];
  const follower = new Follower(3, { onEvents: (each) => events.push(...each), onLink: (link) => links.push(link), open: (at) => new Told(at), probe });
  return { events, links, follower };
}
afterEach(() => vi.useRealTimers());

describe("Follower", () => {
  it("comes back with the last id that it saw", async () => {
    const { events, links, follower } = following();
    Told.all[0]!.onopen!();
    Told.all[0]!.tell("move", { kind: "undo", head: 0 }, "e1-7");
    await vi.advanceTimersByTimeAsync(20);
    Told.all[0]!.onerror!();
    await vi.advanceTimersByTimeAsync(1000);
    expect(Told.all[0]!.isClosed).toBe(true);
    expect(Told.all[1]!.address).toBe("/api/v1/stories/3/events?last_event_id=e1-7");
    expect(events).toHaveLength(1);
    expect(links).toEqual(["opening", "open", "lost"]);
    follower.close();
  });
  it("waits longer and longer while the server is away", async () => {
    const { links, follower } = following(async () => { throw new Refusal(0, "", ""); });
    Told.all[0]!.onerror!();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(Told.all).toHaveLength(1);
    expect(links.length).toBeGreaterThan(4);
    expect(links.length).toBeLessThan(14);
    follower.close();
  });
  it("tells a lock and a deleted story from a loss", async () => {
    for (const [status, link] of [[401, "locked"], [404, "gone"]] as const) {
      const { links, follower } = following(async () => { throw new Refusal(status, "", ""); });
      Told.all[0]!.onerror!();
      await vi.advanceTimersByTimeAsync(1000);
      expect(links[links.length - 1]).toBe(link);
      follower.close();
    }
  });
  it("comes back after a bye", async () => {
    const { follower } = following();
    Told.all[0]!.tell("bye", {}, "");
    await vi.advanceTimersByTimeAsync(1000);
    expect(Told.all).toHaveLength(2);
    follower.close();
  });
  it("is silent once closed", async () => {
    const { events, follower } = following();
    follower.close();
    Told.all[0]!.tell("move", { kind: "undo", head: 0 }, "e1-7");
    Told.all[0]!.onerror!();
    await vi.advanceTimersByTimeAsync(5000);
    expect(events).toEqual([]);
    expect(Told.all).toHaveLength(1);
  });
});

it("waits from a third of a second to a quarter of a minute", () => {
  expect(waitMs(1, 0)).toBeGreaterThan(200);
  expect(waitMs(1, 1)).toBeLessThanOrEqual(400);
  expect(waitMs(50, 1)).toBe(15_000);
});

it("an event that cannot be read is none", () => {
  expect(readEvent("move", "{")).toBeNull();
  expect(readEvent("move", "7")).toBeNull();
});
