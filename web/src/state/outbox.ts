// SPDX-License-Identifier: 0BSD
// What was sent and is not yet known to have arrived. Each entry has its Idempotency-Key and lies in the
// browser's storage before it is sent, so that the same again, after a loss, a crash or from a second tab,
// never does it twice.
import { ask, newKey, Refusal } from "../api/client";
import { forget, keepJson, readJson, settleDraft, type Shelf } from "./drafts";

export interface Letter {
  key: string;
  path: string;
  body: unknown;
  what: string; // "story", "offer", "redraw", "choice", "passage", "rating"
  story: number | null;
  draft: { name: string; text: string } | null; // forgotten once the letter arrived
  created: number;
}

export interface Answered {
  letter: Letter;
  answer: unknown;
}

const prefix = "fabula.letter.";
const index = "fabula.letters";
const triesOfBroken = 4; // a 500 that stays is no passing trouble
const oldestMs = 7 * 24 * 3600 * 1000;

export interface Post {
  send?: (letter: Letter) => Promise<unknown>;
  shelf?: Shelf | null;
  pause?: (ms: number) => Promise<void>;
  now?: () => number;
  onTrouble?: (letter: Letter, refusal: Refusal) => void; // it waits and is sent again
}

const plain = (letter: Letter) => ask(letter.path, { method: "POST", body: letter.body, key: letter.key });
const sleep = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

export class Outbox {
  private readonly sending = new Map<string, Promise<unknown>>();
  private wakers: (() => void)[] = [];

  constructor(private readonly post: Post = {}) {}

  private names(): string[] {
    return readJson<string[]>(index, [], this.post.shelf);
  }

  private keep(letter: Letter) {
    keepJson(prefix + letter.key, letter, this.post.shelf);
    keepJson(index, [...this.names().filter((each) => each !== letter.key), letter.key], this.post.shelf);
  }

  private drop(key: string) {
    forget(prefix + key, this.post.shelf);
    keepJson(index, this.names().filter((each) => each !== key), this.post.shelf);
  }

  /** What a page before this one left. Older than a week is dropped: nobody waits for it. */
  left(): Letter[] {
    const now = (this.post.now ?? Date.now)();
    const letters: Letter[] = [];
    for (const key of this.names()) {
      const letter = readJson<Letter | null>(prefix + key, null, this.post.shelf);
      if (!letter || now - letter.created > oldestMs) this.drop(key);
      else letters.push(letter);
    }
    return letters;
  }

  /** Tries what waits at once. */
  wake() {
    const wakers = this.wakers;
    this.wakers = [];
    for (const each of wakers) each();
  }

  write(letter: Omit<Letter, "key" | "created">): Letter {
    const whole = { ...letter, key: newKey(), created: (this.post.now ?? Date.now)() };
    this.keep(whole);
    return whole;
  }

  /** Sends until it arrived or was refused for good (rejects with that Refusal; the draft stays). */
  send<T>(letter: Letter): Promise<T> {
    const known = this.sending.get(letter.key);
    if (known) return known as Promise<T>;
    const sent = this.deliver(letter).finally(() => this.sending.delete(letter.key));
    this.sending.set(letter.key, sent);
    return sent as Promise<T>;
  }

  private async deliver(letter: Letter): Promise<unknown> {
    for (let tries = 1; ; ++tries) {
      try {
        const answer = await (this.post.send ?? plain)(letter);
        this.drop(letter.key);
        if (letter.draft) settleDraft(letter.draft.name, letter.draft.text);
        return answer;
      } catch (error) {
        const refusal = error instanceof Refusal ? error : new Refusal(0, "unknown", String(error));
        const isLocked = refusal.status === 401; // kept until a token was handed in
        const isBroken = refusal.status === 500 && tries >= triesOfBroken;
        if ((!refusal.isPassing && !isLocked) || isBroken) {
          this.drop(letter.key);
          throw refusal;
        }
        this.post.onTrouble?.(letter, refusal);
        const wait = refusal.retryAfterSeconds ? refusal.retryAfterSeconds * 1000 : Math.min(8000, 500 * 2 ** (tries - 1));
        await Promise.race([(this.post.pause ?? sleep)(wait), new Promise<void>((done) => this.wakers.push(done))]);
      }
    }
  }
}
