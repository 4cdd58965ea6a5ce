// SPDX-License-Identifier: 0BSD
// Asked for where the server answers 401. The token goes to the server and nowhere else; a cookie that no script reads stays.
import { useState } from "react";
import { ask, Refusal } from "../api/client";

export function TokenPrompt({ onOpen }: { onOpen: () => void }) {
  const [token, setToken] = useState("");
  const [trouble, setTrouble] = useState("");
  const [isSending, setSending] = useState(false);
  const hand = async () => {
    setSending(true);
    try {
      await ask("/api/v1/session", { method: "POST", body: { token: token.trim() } });
      setToken("");
      onOpen();
    } catch (error) {
      setTrouble(error instanceof Refusal && error.status === 0 ? "The server cannot be reached just now." : "That is not the token of this server.");
    } finally {
      setSending(false);
    }
  };
  return (
    <main className="token">
      <form onSubmit={(event) => { event.preventDefault(); void hand(); }}>
        <h1>This desk is locked</h1>
        <p>The server asks for its token: the line in the file that it was started with (<code>--token-file</code>). What you typed is kept here.</p>
        <label>Token<input type="password" autoComplete="current-password" value={token} onChange={(event) => setToken(event.target.value)} autoFocus /></label>
        {trouble && <p className="trouble" role="alert">{trouble}</p>}
        <button className="take" disabled={token.trim() === "" || isSending}>{isSending ? "Asking …" : "Open"}</button>
      </form>
    </main>
  );
}
