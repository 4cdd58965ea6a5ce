// SPDX-License-Identifier: 0BSD
// One request at a time to the server, its refusals as values. Who may ask is a cookie; this file never
// holds a token longer than it takes to hand it in.

/** Why the server did not do it. `status` 0: it could not be reached. */
export class Refusal extends Error {
  constructor(readonly status: number, readonly code: string, message: string, readonly retryAfterSeconds: number | null = null) {
    super(message);
  }
  /** Whether the same again may work later. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || (this.status >= 500 && this.status !== 507);
  }
}

export type Method = "GET" | "POST" | "PUT" | "DELETE";

export interface Ask {
  method?: Method;
  body?: unknown;
  key?: string; // Idempotency-Key
  signal?: AbortSignal;
}

const unreachable = "The server cannot be reached. What you typed is kept here and is sent when it is back.";

async function refusalOf(answer: Response): Promise<Refusal> {
  const after = Number(answer.headers.get("Retry-After"));
  const seconds = Number.isFinite(after) && after > 0 ? after : null;
  let code = "";
  let message = `The server answered ${answer.status}.`;
  try {
    const read: unknown = await answer.json();
    const error = (read as { error?: { code?: unknown; message?: unknown } }).error;
    if (typeof error?.code === "string") code = error.code;
    if (typeof error?.message === "string" && error.message) message = error.message;
  } catch {
    // An answer that is no JSON says no more than its status.
  }
  return new Refusal(answer.status, code, message, seconds);
}

/** Rejects with a Refusal, never with anything else. A 204 resolves to null. */
export async function ask<T>(path: string, { method = "GET", body, key, signal }: Ask = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  let answer: Response;
  try {
    answer = await fetch(path, {
      method, headers, credentials: "same-origin", signal,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Refusal(0, "unreachable", unreachable);
  }
  if (!answer.ok) throw await refusalOf(answer);
  if (answer.status === 204) return null as T;
  try {
    return (await answer.json()) as T;
  } catch {
    throw new Refusal(0, "unreachable", unreachable);
  }
}

export const storyPath = (id: number, rest = "") => `/api/v1/stories/${id}${rest}`;

/** 128 random bits as visible ASCII. getRandomValues also works on pages that came over plain HTTP. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A Refusal in a person's words: what happened, what is safe, what to do. */
export function inWords(refusal: Refusal): string {
  switch (refusal.status) {
    case 0:
      return refusal.message;
    case 401:
      return "This server asks for a token.";
    case 409:
      return `The story moved on meanwhile (${refusal.message}). What you typed is still here; look at where it stands, then try again.`;
    case 429:
      return "The server has as much to do as it can hold. It is asked again by itself; nothing is lost.";
    case 507:
      return `There is no room for more (${refusal.message}). What you typed is still here.`;
    case 503:
      return `The server is busy or its store does not answer (${refusal.message}). It is asked again by itself; nothing is lost.`;
    default:
      return refusal.status >= 500
        ? `Something went wrong on the server (${refusal.message}). Your words are safe here.`
        : `The server refused it: ${refusal.message}`;
  }
}
