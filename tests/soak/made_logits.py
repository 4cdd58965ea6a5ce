# SPDX-License-Identifier: 0BSD
"""What the checks of bits and of errors share: made models, and their logits through `fabula model logits`."""
import os
import pathlib
import random
import subprocess
import threading

BINARY = os.environ["FABULA_BINARY"]
MAKE_MODEL = os.environ.get("FABULA_MAKE_MODEL", str(pathlib.Path(BINARY).parent / "make_model"))
FOLDER = pathlib.Path(os.environ["FABULA_SOAK_FOLDER"])
FAMILIES = ("bloom", "gpt2", "llama")
TYPES = ("f32", "f16", "bf16", "q8_0", "q4_0", "q5_0", "q5_1", "q4_k", "q5_k", "q6_k")
KERNELS = ("avx512", "avx2", "portable")
UNAVAILABLE = 6  # the exit status where something does not run here
MADE_VOCABULARY = 600  # tokens of a tiny model

making = threading.Lock()


def run(command: list[str], **options) -> bytes:
    """What the command prints on stdout; AssertionError with its words where it fails."""
    done = subprocess.run(command, capture_output=True, **options)
    if done.returncode != 0:
        words = done.stderr.decode(errors="replace").strip()
        raise AssertionError(f"{' '.join(command)[:300]}: status {done.returncode}: {words}")
    return done.stdout


def made_model(family: str, kind: str, seed: int = 1, outliers: bool = False) -> str:
    """The path of a tiny model, made where it is not there yet."""
    path = FOLDER / f"{family}-{kind}-{seed}{'-outliers' if outliers else ''}.gguf"
    with making:
        if not pathlib.Path(MAKE_MODEL).exists():
            raise AssertionError(f"{MAKE_MODEL} is not there: build the target make_model")
        if not path.exists():
            run([MAKE_MODEL, "--family", family, "--shape", "tiny", "--type", kind, "--seed", str(seed), "--out", str(path),
                 *(["--outliers"] if outliers else [])])
    return str(path)


def some_tokens(n: int, n_vocab: int, seed: int) -> list[int]:
    chance = random.Random(seed)
    return [chance.randrange(n_vocab) for _ in range(n)]


def logits_command(model: str, kernel: str, tokens: list[int], out: str, *flags: str) -> list[str]:
    """`kernel`: one of ours, or "llama" for llama.cpp, as it is used without being asked for anything."""
    chosen = ["--backend", "llama"] if kernel == "llama" else ["--backend", "cpu", "--kernel", kernel]
    return [BINARY, "model", "logits", "--model", model, *chosen, "--tokens", ",".join(map(str, tokens)), "--out", out, *flags]


def kernels_here(model: str) -> tuple[list[str], dict[str, str]]:
    """Our kernels that run here, and why the others do not. AssertionError where one fails in another way."""
    here, absent = [], {}
    for kernel in KERNELS:
        command = logits_command(model, kernel, [1], "-")
        done = subprocess.run(command, capture_output=True)
        words = done.stderr.decode(errors="replace").strip()
        if done.returncode == 0:
            here.append(kernel)
        elif done.returncode == UNAVAILABLE:
            absent[kernel] = words
        else:
            raise AssertionError(f"kernel {kernel}: status {done.returncode}: {words}")
    if not here and not all("not in this build" in why for why in absent.values()):
        raise AssertionError(f"no kernel runs here: {absent}")
    return here, absent
