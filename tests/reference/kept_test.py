#!/usr/bin/python3
# SPDX-License-Identifier: 0BSD
"""kept_test.py FABULA: which tokens stay in play, and which is drawn, by numpy in float64, against `fabula bench sample
--logits --settings --history --kept --number`.

Written from the papers' definitions and the contracts in sample/reference.h, not from its code. A mass reaches p where it
lacks at most 1e-6 of it: the two may differ in tokens that together weigh no more than that. Exit status 77: no numpy.
"""
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
LOWEST_TEMPERATURE = 1e-6
MOST_DRY_PENALTY = 1e6
N_ORDERS = 200
rng = np.random.default_rng(20)

# A chain is a Settings object as in JSON; what is absent is off. A list in play: ascending ids, and their logits.
Lists = tuple[np.ndarray, np.ndarray]


def rows() -> dict[str, np.ndarray]:
    n = 3000
    normal = rng.normal(0, 3, n)
    banned = normal.copy()
    banned[rng.random(n) < 0.4] = -np.inf
    one_hot = np.full(n, -50.0)
    one_hot[77] = 12
    alone = np.full(n, -np.inf)
    alone[5] = -3
    # A word at the top, 200 near it, and many far below that weigh a fourth of all.
    peak = -12.1 - rng.uniform(0, 0.5, 20000)
    peak[::100] = -7 + rng.normal(0, 1, 200)
    peak[77] = 0
    return {
        "normal": normal, "heavy_tailed": rng.standard_cauchy(n) * 2, "equal": np.full(n, 0.75), "tied": np.round(normal / 2) * 2,
        "one_hot": one_hot, "banned": banned, "alone": alone, "denormal": normal * 1e-41, "huge": 1e4 + np.round(normal * 8) / 8,
        "two": np.array([1.0, -2.0]), "single": np.array([3.0]), "large": rng.normal(0, 2.5, 60000),
        "peak": peak,
    }


def some_history() -> list[int]:
    """Few words, so that its end stands in it often, more and less of it, the longest time not last."""
    words = [int(word) for word in rng.integers(0, 6, 150)]
    return words + words[20:31] + [7, 8] + words[60:66] + words[24:29]


# ---- the definitions

def probabilities(logits: np.ndarray) -> np.ndarray:
    weights = np.exp(logits - logits.max())
    return weights / weights.sum()


def surprises(logits: np.ndarray) -> np.ndarray:
    """In nats."""
    below = logits.max() - logits
    return below + np.log(np.exp(-below).sum())


def entropy(logits: np.ndarray) -> float:
    return float((probabilities(logits) * surprises(logits)).sum())


def prefix(order: np.ndarray, share: np.ndarray, p: float) -> np.ndarray:
    """The first of `order` whose mass reaches p."""
    n = int(np.searchsorted(np.cumsum(share[order]), p - 1e-10) + 1)
    return np.sort(order[:n])


def by_likelihood(ids: np.ndarray, logits: np.ndarray) -> np.ndarray:
    return np.lexsort((ids, -logits))


def counted(history: list[int], window: int) -> dict[int, int]:
    seen: dict[int, int] = {}
    for token in history[max(0, len(history) - window):] if window >= 0 else history:
        seen[token] = seen.get(token, 0) + 1
    return seen


def longest_repeats(history: list[int], window: int) -> dict[int, int]:
    """For each token: the longest end of the history that stands in it before that token, too."""
    text = history[max(0, len(history) - window):] if window >= 0 else history
    longest: dict[int, int] = {}
    for at, token in enumerate(text):
        n = 0
        while n < at and text[at - 1 - n] == text[len(text) - 1 - n]:
            n += 1
        longest[token] = max(longest.get(token, 0), n)
    return longest


def penalised(settings: dict, ids: np.ndarray, logits: np.ndarray, history: list[int]) -> Lists:
    logits, r = logits.copy(), settings.get("repetition_penalty", 1)
    for token, n in counted(history, settings.get("penalty_window", -1)).items():
        for at in np.flatnonzero(ids == token):
            logits[at] = logits[at] / r if logits[at] > 0 else logits[at] * r
            logits[at] -= settings.get("frequency_penalty", 0) * n + settings.get("presence_penalty", 0)
    for token, bias in settings.get("logit_bias", {}).items():
        logits[ids == int(token)] += bias
    return ids, logits


def dry(settings: dict, ids: np.ndarray, logits: np.ndarray, history: list[int]) -> Lists:
    logits, allowed = logits.copy(), settings.get("dry_allowed_length", 2)
    for token, n in longest_repeats(history, settings.get("dry_window", -1)).items():
        if settings.get("dry_multiplier", 0) > 0 and n >= allowed:
            taken = settings["dry_multiplier"] * settings.get("dry_base", 1.75) ** (n - allowed)
            logits[ids == token] -= min(taken, MOST_DRY_PENALTY)
    return ids, logits


def tempered(settings: dict, ids: np.ndarray, logits: np.ndarray) -> Lists:
    temperature, by = settings["temperature"], settings.get("dynatemp_range", 0)
    if by > 0:
        most = np.log(len(ids))
        share = (entropy(logits) / most if most > 0 else 0) ** settings.get("dynatemp_exponent", 1)
        temperature += by * (2 * share - 1)
    return ids, logits / max(temperature, LOWEST_TEMPERATURE)


def cut(name: str, settings: dict, ids: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """Which of the list stay, as places in it."""
    value, share = settings[name] if name != "xtc" else settings["xtc_threshold"], probabilities(logits)
    is_likeliest = logits == logits.max()
    if name == "top_k":
        return np.sort(by_likelihood(ids, logits)[:int(value)])
    if name == "top_p":
        return prefix(by_likelihood(ids, logits), share, value)
    if name == "typical_p":
        # Distances count in steps of 2^-30 nats, so that what is equally far above and below ties.
        distance = np.round(np.abs(surprises(logits) - entropy(logits)) * 2.0**30) / 2.0**30
        return prefix(np.lexsort((ids, distance)), share, value)
    if name == "min_p":
        return np.flatnonzero(logits >= logits.max() + np.log(value))
    if name == "epsilon_cutoff":
        return np.flatnonzero((share >= value * (1 - 1e-10)) | is_likeliest)
    if name == "eta_cutoff":
        eta = min(value, value**0.5 * np.exp(-entropy(logits)))
        return np.flatnonzero((share >= eta * (1 - 1e-10)) | is_likeliest)
    if name == "top_n_sigma":
        return np.flatnonzero(logits >= logits.max() - value * logits.std() * (1 + 1e-9))
    if name == "xtc":
        order = by_likelihood(ids, logits)
        n = int((share >= value).sum())
        return np.sort(order[max(0, n - 1):])
    raise ValueError(name)


def kept_by_definition(row: np.ndarray, settings: dict, history: list[int]) -> Lists:
    ids = np.flatnonzero(~np.isneginf(row))
    banned = {int(token) for token, bias in settings.get("logit_bias", {}).items() if bias <= -100}
    n = settings.get("no_repeat_ngram_size", 0)
    if n > 0:
        banned |= {token for token, length in longest_repeats(history, -1).items() if length >= n - 1}
    ids = ids[~np.isin(ids, list(banned))]
    logits = row[ids]
    is_greedy = settings["temperature"] < LOWEST_TEMPERATURE
    for name in ["penalties", "dry"] if is_greedy else settings["order"]:
        if name == "penalties":
            ids, logits = penalised(settings, ids, logits, history)
        elif name == "dry":
            ids, logits = dry(settings, ids, logits, history)
        elif name == "temperature":
            ids, logits = tempered(settings, ids, logits)
        elif name != "xtc" or settings.get("xtc_probability", 0) > 0:
            places = cut(name, settings, ids, logits)
            ids, logits = ids[places], logits[places]
    if is_greedy:
        places = by_likelihood(ids, logits)[:1]
        ids, logits = ids[places], logits[places]
    elif settings.get("mirostat_tau", 0) > 0:
        stays = (surprises(logits) / np.log(2) <= 2 * settings["mirostat_tau"] * (1 + 1e-12)) | (logits == logits.max())
        ids, logits = ids[stays], logits[stays]
    return ids, logits


# ---- the program

def program(words: list[str], stdin: bytes = b"") -> tuple[int, str, str]:
    done = subprocess.run([FABULA, "bench", "sample", *words], input=stdin, capture_output=True, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def kept_by_program(folder: pathlib.Path, row: np.ndarray, settings: dict, history: list[int], number: float) -> tuple[np.ndarray, dict]:
    (folder / "row").write_bytes(row.astype("<f4").tobytes())
    (folder / "settings").write_text(json.dumps(settings))
    (folder / "history").write_text(" ".join(map(str, history)))
    status, out, err = program(["--logits", str(folder / "row"), "--settings", str(folder / "settings"), "--history",
                                str(folder / "history"), "--kept", str(folder / "kept"), "--number", repr(number), "--json"])
    if status != 0:
        raise AssertionError(f"status {status}: {err}")
    ids = np.array([int(line) for line in (folder / "kept").read_text().split()], dtype=np.int64)
    return ids, json.loads(out)


# ---- the comparison

def difference(row: np.ndarray, truth: Lists, found: np.ndarray, drawn: dict, number: float) -> str:
    """What is wrong, or ""."""
    ids, logits = truth
    if np.any(np.diff(found) <= 0):
        return "the ids do not ascend"
    in_play = np.flatnonzero(~np.isneginf(row))
    model = probabilities(row[in_play])
    odd = np.setxor1d(ids, found)
    if odd.size:
        # At the border of a mass, and there alone: tokens of at most two logits.
        weight = float(model[np.isin(in_play, odd)].sum())
        is_border = weight <= SLACK and np.unique(row[odd]).size <= 2
        return "" if is_border else f"{odd.size} of {ids.size} tokens differ, weight {weight}: {odd[:8]}"
    sums = np.cumsum(probabilities(logits))
    if np.abs(sums - number).min() < 1e-9:
        return ""  # on the border between two tokens
    at = min(int(np.searchsorted(sums, number, side="right")), ids.size - 1)
    token = int(ids[at])
    own = float(-surprises(row[in_play])[in_play == token][0])
    rank = int((row > row[token]).sum() + (row[:token] == row[token]).sum())
    expected = {"token": token, "logprob": float(-surprises(logits)[at]), "logprob_model": own,
                "entropy": entropy(row[in_play]), "rank": rank}
    wrong = [f"{name} {drawn[name]}, not {value}" for name, value in expected.items()
             if abs(drawn[name] - value) > (1e-6 + 1e-6 * abs(value) if isinstance(value, float) else 0)]
    return "; ".join(wrong)


def ordered(*pairs: tuple[str, float], **others) -> dict:
    """These cuts, in this order, at temperature 1 unless it is among them."""
    return {"temperature": 1, **dict(pairs), **others, "order": [name for name, _ in pairs]}


def single_chains() -> list[dict]:
    cuts = [("temperature", 0.7), ("temperature", 2.5), ("top_k", 40), ("top_k", 1), ("top_p", 0.9), ("top_p", 1e-9),
            ("top_p", 0.99999), ("typical_p", 0.2), ("typical_p", 0.95), ("min_p", 0.05), ("min_p", 1), ("epsilon_cutoff", 0.001),
            ("eta_cutoff", 0.004), ("top_n_sigma", 1.0)]
    begin = ["penalties", "dry", "temperature"]
    others = [{"temperature": 0}, {"temperature": 0, "repetition_penalty": 1.4}, {"dynatemp_range": 0.6},
              {"dynatemp_range": 0.4, "dynatemp_exponent": 2.5}, {"mirostat_tau": 3}, {"mirostat_tau": 0.01},
              {"repetition_penalty": 1.3, "penalty_window": 50}, {"frequency_penalty": 0.7, "presence_penalty": -0.4},
              {"logit_bias": {"0": -100, "5": 2.5, "999999": 3}}, {"dry_multiplier": 0.8},
              {"dry_multiplier": 1.5, "dry_base": 1.2, "dry_allowed_length": 4, "dry_window": 60}, {"no_repeat_ngram_size": 3},
              {"no_repeat_ngram_size": 1}]
    return [ordered(each) for each in cuts] + \
        [{"temperature": 1, **each, "order": begin} for each in others] + \
        [{"temperature": 1, "xtc_probability": 1, "xtc_threshold": threshold, "order": ["xtc"]} for threshold in (0.001, 0.1, 0)]


def random_chain() -> dict:
    """Every stage once, in any order, with strengths of any kind."""
    settings = {"temperature": rng.uniform(0.3, 2), "top_k": int(rng.integers(20, 2500)), "top_p": rng.uniform(0.5, 1),
                "typical_p": rng.uniform(0.5, 1), "min_p": 10 ** rng.uniform(-6, -1), "epsilon_cutoff": 10 ** rng.uniform(-6, -3),
                "eta_cutoff": 10 ** rng.uniform(-6, -3), "top_n_sigma": rng.uniform(1, 6), "xtc_probability": 1,
                "xtc_threshold": rng.uniform(0.01, 0.3), "repetition_penalty": rng.uniform(0.9, 1.4),
                "dry_multiplier": rng.uniform(0.1, 2)}
    stages = ["penalties", "dry", "temperature", "top_k", "top_p", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff",
              "top_n_sigma", "xtc"]
    if rng.random() < 0.3:
        settings["mirostat_tau"] = rng.uniform(1, 8)
    if rng.random() < 0.3:
        settings["dynatemp_range"] = settings["temperature"] / 2
    return {**settings, "order": [stages[i] for i in rng.permutation(len(stages))]}


def check_chains(folder: pathlib.Path) -> int:
    made = {name: row.astype(np.float32).astype(np.float64) for name, row in rows().items()}
    history, names = some_history(), list(made)
    cases = [(name, chain) for name in made for chain in single_chains()]
    cases += [(names[i % len(names)], random_chain()) for i in range(N_ORDERS)]
    n_right = 0
    for name, settings in cases:
        row, number = made[name], float(rng.random())
        is_exhausted = kept_by_definition(row, settings, history)[0].size == 0
        if is_exhausted:
            continue
        found, drawn = kept_by_program(folder, row, settings, history, number)
        wrong = difference(row, kept_by_definition(row, settings, history), found, drawn, number)
        if wrong:
            raise AssertionError(f"{name}, number {number}, {settings}: {wrong}")
        n_right += 1
    return n_right


def check_refusals(folder: pathlib.Path) -> int:
    """What is refused, in one line, with which status."""
    good, file, kept = np.array([1.0, 2.0], "<f4").tobytes(), str(folder / "bad"), ["--kept", str(folder / "none")]
    stdin = ["--logits", str(folder / "good"), "--settings", "-", *kept]
    (folder / "good").write_bytes(good)
    cases = [(2, b"", ["--logits", "-", *kept]), (2, good[:7], ["--logits", "-", *kept]), (3, b"", ["--logits", file, *kept]),
             (2, good, ["--logits", "-"]), (2, b"", kept), (2, b"", ["--logits", "-", "--settings", "-", *kept]),
             (2, b"{", stdin), (2, b'{"top_p": 1.5}', stdin), (2, b'{"top_q": 1}', stdin),
             (3, good, ["--logits", "-", "--settings", file, *kept]), (3, good, ["--logits", "-", "--history", file, *kept]),
             (2, b"1 x", ["--logits", str(folder / "good"), "--history", "-", *kept]), (3, good, ["--logits", "-", "--kept", file + "/x"])]
    cases += [(2, good, ["--logits", "-", "--number", number]) for number in ("1", "-0.1", "nan", "x")]
    cases += [(status, np.array(row, "<f4").tobytes(), ["--logits", "-", *kept])
              for status, row in ((7, [1, np.nan]), (7, [np.inf, 1]), (5, [-np.inf] * 3))]
    for status, bytes_in, words in cases:
        found, out, err = program(words, bytes_in)
        if found != status or out or len(err.splitlines()) != 1 or (folder / "none").exists():
            raise AssertionError(f"{words} {bytes_in}: status {found}, not {status}: {out}{err}")
    return len(cases)


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        try:
            n_right, n_refused = check_chains(pathlib.Path(name)), check_refusals(pathlib.Path(name))
        except AssertionError as wrong:
            print(wrong)
            return 1
    print(f"{n_right} rows and chains as numpy has them, {n_refused} bad inputs refused")
    return 0


if __name__ == "__main__":
    sys.exit(main())
