# SPDX-License-Identifier: 0BSD
"""Running programs and saying on what machine: what every comparison needs."""
import configparser
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Failure(Exception):
    """One clear line; ends the comparison with status 1."""


def run(words: list[str]) -> tuple[str, dict]:
    """The program's stdout, and its figures as the kernel counts them: peak RSS and seconds."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.monotonic()
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            raise
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - began
        out.seek(0)
        err.seek(0)
        if process.returncode != 0:
            last = err.read().decode(errors="replace").strip().splitlines()[-1:] or ["it says nothing"]
            raise Failure(f"{pathlib.Path(words[0]).name} ended with status {process.returncode}: {last[0]}")
        return out.read().decode(errors="replace"), {"rss_bytes": usage.ru_maxrss * 1024, "seconds": seconds}


def json_lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def say(text: str) -> None:
    print(f"peers: {text}", file=sys.stderr, flush=True)


def median(samples: list[float]) -> float:
    return statistics.median(samples)


def compared(ours: list[float], peers: dict[str, list[float]]) -> dict:
    """Ours beside the best of the peers, all measured in turn: sample i of each belongs to pair i.

    The best is the one with the highest median, not the highest sample of each pair, which would take the luckiest.
    """
    best = max(peers, key=lambda name: median(peers[name]))
    ratios = [mine / other for mine, other in zip(ours, peers[best])]
    return {"ours": round(median(ours), 3), "peer": round(median(peers[best]), 3), "ratio": round(median(ratios), 3),
            "peer_is": best, "ratios": [round(ratio, 3) for ratio in ratios],
            "samples": {"ours": ours, **peers}}


def processor() -> str:
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.machine()


def commit() -> str:
    def git(*words: str) -> str:
        return subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=True).stdout.strip()

    try:
        changed = git("status", "--porcelain", "--untracked-files=no")
        return git("rev-parse", "HEAD") + ("+changes" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def peer_version() -> str:
    lock = configparser.ConfigParser()
    lock.read(ROOT / "third_party/sources.lock")
    return "llama.cpp " + lock["node-llama-cpp"]["provides"]


def circumstances() -> dict:
    return {"peer": peer_version(), "processor": processor(), "cores": len(os.sched_getaffinity(0)),
            "load_average": round(os.getloadavg()[0], 2),
            "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"), "commit": commit()}


def model_facts(binary: str, file: str) -> dict:
    """Name, commonest type of the matrices, and identity of the model file."""
    out, _ = run([binary, "model", "info", file, "--json"])
    info = json.loads(out)
    types = {name: n for name, n in info.get("tensor_types", {}).items() if name != "F32"} or {"F32": 1}
    return {"file": pathlib.Path(file).name, "type": max(types, key=types.get), "tensor_types": info.get("tensor_types"),
            "sha256": info.get("sha256")}


def table(lines: list[dict]) -> str:
    """For people, and for docs/guide/figures.md."""
    rows = ["| model | what | candidates | Fabula, tokens/s | llama.cpp, tokens/s | ratio | of read bandwidth | memory, ours and theirs |",
            "|---|---|---|---|---|---|---|---|"]
    for line in lines:
        share = f"{100 * line['read_share']:.0f} %" if line.get("read_share") else ""
        memory = ", ".join(f"{line[side] / 2**20:.0f} MiB" if line.get(side) else "-"
                           for side in ("ours_rss_bytes", "peer_rss_bytes"))
        rows.append(f"| {line['model']} | {line['what']} | {line['candidates']} | {line['ours']:.1f} | {line['peer']:.1f} | "
                    f"{line['ratio']:.2f} | {share} | {memory} |")
    return "\n".join(rows)
