// SPDX-License-Identifier: 0BSD
import { Sheet } from "../desk/Sheet";
import { setSingleKeys, singleKeys } from "../state/setup";
import { useWatched } from "../state/store";

const keys: [string, string][] = [
  ["1 2 3 …", "take that way on"], ["e", "edit the one you are at, then take it"], ["r", "draw that one again"], ["R", "draw all again"],
  ["Enter", "ask for ways on, where there are none"], ["w", "write yourself"], ["u", "step back"], ["g", "the tree: arrows walk, Enter goes there, c compares"],
  ["s", "settings"], ["m", "memory and notes"], ["/ or Ctrl K", "jump: stories, passages, commands"], ["t", "light or dark"], ["?", "these keys"], ["Esc", "leave what is open"],
];

export function KeysSheet({ onClose }: { onClose: () => void }) {
  const isOn = useWatched(singleKeys);
  return (
    <Sheet title="Keys" onClose={onClose}>
      <dl className="keys">{keys.map(([key, what]) => <div key={key}><dt><kbd>{key}</kbd></dt><dd>{what}</dd></div>)}</dl>
      <label className="check"><input type="checkbox" checked={isOn} onChange={(event) => setSingleKeys(event.target.checked)} /> single keys (Ctrl K works without)</label>
    </Sheet>
  );
}
