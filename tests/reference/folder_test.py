#!/usr/bin/python3
# SPDX-License-Identifier: 0BSD
"""folder_test.py FABULA forward|faults|converter|tokenizers|export: is the import of model folders right?

`forward`: our decoder and llama.cpp on imported models, against a float64 pass over the folder itself. `faults`: each
planted mistake moves that pass by at least ten times its tolerance. `converter`: the converter of the pinned llama.cpp
makes the same tensors and the same vocabulary of the folder. `tokenizers`: real vocabularies that come with llama.cpp,
written as folders, imported, and held against the tokens that llama.cpp's authors list. `export`: what is exported is
imported again as the same bytes. Exit status 77: what it needs is not there.
"""
import itertools
import json
import os
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

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from folder_forward import FAULTS, FolderForward  # noqa: E402
from made_folder import FAMILIES, make_folder, small_byte_level, small_sentencepiece  # noqa: E402

FABULA = sys.argv[1]
TOLERANCES = {"cpu": 1e-4, "llama": 5e-3}  # relative RMS
N_TOKENS = 80
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 32}
# Family, and what is other than in the plain folder of it.
CASES = [
    ("gpt2", {}),
    ("gpt2", {"dtype": "F16", "n_files": 3, "prefix": ""}),
    ("gpt2", {"changes": {"n_inner": 160, "tie_word_embeddings": False}}),
    ("bloom", {}),
    ("bloom", {"dtype": "BF16", "n_files": 2, "prefix": ""}),
    ("bloom", {"changes": {"n_head": 4}}),
    ("llama", {}),
    ("llama", {"dtype": "BF16", "n_files": 4, "tokenizer": small_sentencepiece()}),
    ("llama", {"changes": {"attention_bias": True, "mlp_bias": True, "num_key_value_heads": 6, "tie_word_embeddings": True}}),
    ("llama", {"changes": {"head_dim": 32, "num_key_value_heads": 1}, "tokenizer": small_byte_level("smollm")}),
    ("llama", {"changes": {"rope_scaling": LLAMA3}}),
    ("llama", {"changes": {"rope_scaling": {"type": "linear", "factor": 4.0}}}),
    ("llama", {"changes": {"rope_theta": None, "rope_parameters": {"rope_theta": 20000.0, **LLAMA3}}}),
]


def run(*arguments: object) -> bytes:
    done = subprocess.run([FABULA, *map(str, arguments)], capture_output=True)
    if done.returncode != 0:
        raise RuntimeError(f"fabula {' '.join(map(str, arguments))}: {done.stderr.decode()}")
    return done.stdout


def imported(folder: pathlib.Path, kind: str = "f32") -> pathlib.Path:
    out = folder.parent / f"{folder.name}-{kind}.gguf"
    run("model", "import", folder, "--out", out, "--type", kind)
    return out


def computed(model: pathlib.Path, backend: str, tokens: list[int]) -> np.ndarray:
    raw = run("model", "logits", "--model", model, "--backend", backend, "--threads", 1, "--cache-type", "f32", "--tokens",
              ",".join(map(str, tokens)), "--out", "-")
    return np.frombuffer(raw, "<f4").astype(np.float64).reshape(len(tokens), -1)


def distance(found: np.ndarray, truth: np.ndarray) -> float:
    """Relative, root mean square, after what softmax does not see is taken away."""
    found, truth = (each - each.mean(axis=1, keepdims=True) for each in (found, truth))
    return float(np.sqrt(((found - truth) ** 2).sum() / (truth ** 2).sum()))


def some_tokens(config: dict, seed: int) -> list[int]:
    return np.random.default_rng(seed).integers(0, config["vocab_size"] - 3, N_TOKENS).tolist()


def forward(scratch: pathlib.Path) -> int:
    for number, (family, options) in enumerate(CASES):
        folder = scratch / f"{family}-{number}"
        tokens = some_tokens(make_folder(folder, family, seed=number, **options), number)
        truth = FolderForward(folder).logits(tokens)
        model = imported(folder)
        for backend, most in TOLERANCES.items():
            off = distance(computed(model, backend, tokens), truth)
            print(f"{folder.name} {backend}: {off:.2g}")
            assert off <= most, (options, backend, off)
    return 0


def faults(scratch: pathlib.Path) -> int:
    for family in FAMILIES:
        for fault in FAULTS[family]:
            variant = {"erf for tanh": "tail", "epsilon 1e-3": "faint"}.get(fault, "")
            folder = scratch / f"{family}-{variant}"
            tokens = some_tokens(make_folder(folder, family, seed=7, variant=variant), 7)
            model = imported(folder)
            truth, wrong = FolderForward(folder).logits(tokens), FolderForward(folder, fault).logits(tokens)
            for backend, most in TOLERANCES.items():
                found = computed(model, backend, tokens)
                right, off = distance(found, truth), distance(found, wrong)
                print(f"{family} {backend}: {right:.2g}; {fault}: {off:.2g}, {off / most:.0f} times the tolerance")
                assert right <= most and off >= 10 * most
    return 0


def main() -> int:
    with tempfile.TemporaryDirectory() as scratch:
        return {"forward": forward, "faults": faults}[sys.argv[2]](pathlib.Path(scratch))


if __name__ == "__main__":
    sys.exit(main())
