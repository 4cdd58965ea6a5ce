// SPDX-License-Identifier: 0BSD
// A value that components can watch. No library: the page has four of them.
import { useSyncExternalStore } from "react";

export class Watched<T> {
  private readonly listeners = new Set<() => void>();
  constructor(private value: T) {}

  get = (): T => this.value;
  set = (value: T): void => {
    if (Object.is(value, this.value)) return;
    this.value = value;
    for (const each of [...this.listeners]) each();
  };
  watch = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
}

export const useWatched = <T,>(watched: Watched<T>): T => useSyncExternalStore(watched.watch, watched.get);
