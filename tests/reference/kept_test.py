#!/usr/bin/python3
# SPDX-License-Identifier: 0BSD
"""kept_test.py FABULA: which tokens stay in play, by numpy in float64, against `fabula bench sample --kept`.

Written from the papers' definitions and the contracts in sample/reference.h, not from its code. A mass reaches p where it
lacks at most 1e-6 of it: the two may differ in tokens that together weigh no more than that. Exit status 77: no numpy.
"""
import itertools
import json
import pathlib
import subprocess
import sys
import tempfile

MISSING = 77
try:
    import numpy as np
except ImportError:
    print("numpy is not there: ./run setup check")
    sys.exit(MISSING)

FABULA = sys.argv[1]
SLACK = 1e-6
rng = np.random.default_rng(20)


def rows() -> dict[str, np.ndarray]:
    n = 3000
    normal = rng.normal(0, 3, n)
    banned = normal.copy()
    banned[rng.random(n) < 0.4] = -np.inf
    one_hot = np.full(n, -50.0)
    one_hot[77] = 12
    return {
        "normal": normal, "heavy": rng.standard_cauchy(n) * 2, "equal": np.full(n, 0.75), "tied": np.round(normal / 2) * 2,
        "one_hot": one_hot, "banned": banned, "denormal": normal * 1e-41, "huge": 1e4 + np.round(normal * 8) / 8,
        "two": np.array([1.0, -2.0]), "single": np.array([3.0]), "large": rng.normal(0, 2.5, 60000),
    }


def probabilities(logits: np.ndarray) -> np.ndarray:
    weights = np.exp(logits - logits.max())
    return weights / weights.sum()


def prefix(order: np.ndarray, share: np.ndarray, p: float) -> np.ndarray:
    """The first of `order` whose mass reaches p."""
    mass = np.cumsum(share[order])
    n = int(np.searchsorted(mass, p - 1e-10) + 1)
    return np.sort(order[:n])


def by_likelihood(ids: np.ndarray, logits: np.ndarray) -> np.ndarray:
    return np.lexsort((ids, -logits))


def stage(name: str, value: float, ids: np.ndarray, logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    share = probabilities(logits)
    surprise = -(logits - logits.max()) + np.log(np.exp(logits - logits.max()).sum())
    entropy = float((share * surprise).sum())
    likeliest = logits == logits.max()
    if name == "temperature":
        return ids, logits / value
    if name == "top_k":
        keep = np.sort(by_likelihood(ids, logits)[:int(value)])
    elif name == "top_p":
        keep = prefix(by_likelihood(ids, logits), share, value)
    elif name == "typical_p":
        # Distances count in steps of 2^-30 nats, so that what is equally far above and below ties.
        distance = np.round(np.abs(surprise - entropy) * 2.0**30) / 2.0**30
        keep = prefix(np.lexsort((ids, distance)), share, value)
    elif name == "min_p":
        keep = np.flatnonzero(logits >= logits.max() + np.log(value))
    elif name == "epsilon_cutoff":
        keep = np.flatnonzero((share >= value * (1 - 1e-10)) | likeliest)
    elif name == "eta_cutoff":
        keep = np.flatnonzero((share >= min(value, value**0.5 * np.exp(-entropy)) * (1 - 1e-10)) | likeliest)
    elif name == "top_n_sigma":
        keep = np.flatnonzero(logits >= logits.max() - value * logits.std() * (1 + 1e-9))
    else:
        raise ValueError(name)
    return ids[keep], logits[keep]


def expected(row: np.ndarray, chain: list[tuple[str, float]]) -> np.ndarray:
    ids = np.flatnonzero(~np.isneginf(row))
    logits = row[ids]
    for name, value in chain:
        ids, logits = stage(name, value, ids, logits)
    return ids


def kept(folder: pathlib.Path, row: np.ndarray, chain: list[tuple[str, float]]) -> tuple[int, np.ndarray | str]:
    (folder / "row").write_bytes(row.astype("<f4").tobytes())
    settings = {"temperature": 1, **dict(chain), "order": [name for name, _ in chain]}
    (folder / "settings").write_text(json.dumps(settings))
    done = subprocess.run([FABULA, "bench", "sample", "--logits", str(folder / "row"), "--settings", str(folder / "settings"),
                           "--kept", str(folder / "kept")], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return done.returncode, done.stderr
    return 0, np.array([int(line) for line in (folder / "kept").read_text().split()], dtype=np.int64)


def chains() -> list[list[tuple[str, float]]]:
    alone = [("temperature", 0.7), ("top_k", 40), ("top_k", 1), ("top_p", 0.9), ("top_p", 1e-9), ("top_p", 0.99999),
             ("typical_p", 0.2), ("typical_p", 0.95), ("min_p", 0.05), ("min_p", 1), ("epsilon_cutoff", 0.001),
             ("eta_cutoff", 0.004), ("top_n_sigma", 1.0)]
    together = [("temperature", 0.8), ("top_k", 500), ("top_p", 0.95), ("typical_p", 0.9), ("min_p", 0.01)]
    orders = list(itertools.permutations(together))
    picked = [list(orders[i]) for i in rng.choice(len(orders), 12, replace=False)]
    return [[each] for each in alone] + picked


def main() -> int:
    n_right = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for shape, made in rows().items():
            row = made.astype(np.float32).astype(np.float64)
            for chain in chains():
                ids = expected(row, chain)
                status, found = kept(folder, row, chain)
                if status != 0:
                    print(f"{shape} {chain}: status {status}: {found}")
                    return 1
                odd = np.setxor1d(ids, found)
                in_play = np.where(np.isneginf(row), -np.inf, row)
                weight = probabilities(in_play)[odd].sum() if odd.size else 0
                if odd.size and (weight > SLACK or np.unique(row[odd]).size > 2):
                    print(f"{shape} {chain}: {odd.size} of {ids.size} tokens differ, weight {weight}: {odd[:8]}")
                    return 1
                n_right += 1
        for bad in (np.array([1.0, np.nan]), np.array([1.0, np.inf]), np.full(3, -np.inf), np.array([])):
            status, found = kept(folder, bad, [("top_p", 0.9)])
            if status == 0 or len(str(found).strip().splitlines()) != 1:
                print(f"{bad} was not refused in one line: {status} {found}")
                return 1
    print(f"{n_right} rows and chains as numpy has them, 4 bad rows refused")
    return 0


if __name__ == "__main__":
    sys.exit(main())
