#!/usr/bin/python3
# SPDX-License-Identifier: 0BSD
"""forward_test.py FABULA formats|golden|families: is the float64 reference itself right?

`formats`: the dequantisation against a slow one that follows the structs byte by byte. `golden`: stories260K against
llama2.c's logits. `families`: made models of the three families against llama.cpp and against our own kernels.
Exit status 77 says that what it needs is not there: numpy, $FABULA_DATA, make_model.
"""
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
import gguf_weights  # noqa: E402
from forward import Forward  # noqa: E402

FABULA = sys.argv[1]
FAMILIES = ("bloom", "gpt2", "llama")


def half(block: bytes, at: int) -> float:
    return float(np.frombuffer(block[at:at + 2], "<f2")[0])


def signed(byte: int) -> int:
    return byte - 256 if byte > 127 else byte


def nibble(byte: int, high: bool) -> int:
    return byte >> 4 if high else byte & 15


def small_block(name: str, b: bytes) -> list[float]:
    """Blocks of 32: number i of the low nibbles is i, of the high ones 16 + i."""
    if name == "Q8_0":
        return [half(b, 0) * signed(b[2 + i]) for i in range(32)]
    at = {"Q4_0": 2, "Q5_0": 6, "Q5_1": 8}[name]
    q = [nibble(b[at + i % 16], i >= 16) for i in range(32)]
    if name == "Q4_0":
        return [half(b, 0) * (each - 8) for each in q]
    fifths = int.from_bytes(b[at - 4:at], "little")
    q = [each + 16 * (fifths >> i & 1) for i, each in enumerate(q)]
    if name == "Q5_0":
        return [half(b, 0) * (each - 16) for each in q]
    return [half(b, 0) * each + half(b, 2) for each in q]


def scale_and_minimum(j: int, s: bytes) -> tuple[int, int]:
    if j < 4:
        return s[j] & 63, s[j + 4] & 63
    return s[j + 4] & 15 | s[j - 4] >> 6 << 4, s[j + 4] >> 4 | s[j] >> 6 << 4


def large_block(name: str, b: bytes) -> list[float]:
    """Blocks of 256."""
    numbers = []
    for i in range(256):
        if name == "Q6_K":
            part, run, place = i // 128, i % 128 // 32, i % 32
            low = nibble(b[64 * part + 32 * (run % 2) + place], run >= 2)
            high = b[128 + 32 * part + place] >> 2 * run & 3
            numbers.append(half(b, 208) * signed(b[192 + i // 16]) * (low + 16 * high - 32))
            continue
        group, place = i // 32, i % 32
        scale, minimum = scale_and_minimum(group, b[4:16])
        low_at = 16 if name == "Q4_K" else 48
        q = nibble(b[low_at + 32 * (group // 2) + place], group % 2 == 1)
        if name == "Q5_K":
            q += 16 * (b[16 + place] >> group & 1)
        numbers.append(half(b, 0) * scale * q - half(b, 2) * minimum)
    return numbers


def formats() -> int:
    chance = np.random.default_rng(1)
    for name, n_numbers, n_bytes, numbers_of in gguf_weights.TYPES.values():
        if n_numbers == 1:
            continue
        blocks = chance.integers(0, 256, (40, n_bytes), dtype=np.uint8)
        for at in {"Q6_K": [208], "Q8_0": [0], "Q4_0": [0], "Q5_0": [0]}.get(name, [0, 2]):
            blocks[:, at:at + 2] = chance.normal(size=40).astype("<f2").view(np.uint8).reshape(40, 2)
        slow = small_block if n_numbers == 32 else large_block
        wanted = np.array([slow(name, block.tobytes()) for block in blocks])
        assert np.array_equal(numbers_of(blocks), wanted), name
    floats = np.array([[1.5], [-0.15625], [3e4]], "<f4")
    assert np.array_equal(gguf_weights.of_f32(floats.view(np.uint8)), floats)
    assert np.array_equal(gguf_weights.of_f16(floats.astype("<f2").view(np.uint8)), floats.astype("<f2"))
    upper = np.ascontiguousarray(floats.view(np.uint8)[:, 2:])
    assert np.array_equal(gguf_weights.of_bf16(upper)[:2], floats[:2])
    return 0


def golden() -> int:
    data = os.environ.get("FABULA_DATA")
    if not data:
        print("FABULA_DATA is not set")
        return MISSING
    folder = pathlib.Path(data) / "tiny-model"
    words = dict(line.split(": ", 1) for line in (folder / "stories260K.tokens.txt").read_text().splitlines())
    said = np.fromfile(folder / "stories260K.logits_f32.bin", "<f4").reshape(-1, 512)
    tokens = [int(word) for word in (words["prompt_tokens"] + " " + words["greedy_tokens"]).split()]
    with tempfile.TemporaryDirectory() as scratch:
        model = f"{scratch}/m.gguf"
        subprocess.run([FABULA, "model", "import", folder / "stories260K.bin", "--tokenizer", folder / "tok512.bin",
                        "--out", model, "--type", "f32"], check=True, stdout=subprocess.DEVNULL)
        logits = Forward(model).logits(tokens)
    off = float(np.abs(logits[:len(said)] - said).max())
    greedy = logits.argmax(axis=1)[len(words["prompt_tokens"].split()) - 1:-1].tolist()
    print(f"largest difference {off:.2g}")
    assert off < 1e-4
    assert greedy == [int(word) for word in words["greedy_tokens"].split()]
    return 0


def families() -> int:
    make_model = pathlib.Path(FABULA).parent / "make_model"
    if not make_model.exists():
        print(f"{make_model} is not there")
        return MISSING
    tokens = np.random.default_rng(2).integers(0, 600, 40).tolist()
    for family in FAMILIES:
        with tempfile.TemporaryDirectory() as scratch:
            model = f"{scratch}/m.gguf"
            subprocess.run([make_model, "--family", family, "--type", "f32", "--out", model], check=True,
                           stdout=subprocess.DEVNULL)
            truth = Forward(model).logits(tokens)
            for decoder in (["llama"], ["cpu"], ["cpu", "--kernel", "avx2"], ["cpu", "--kernel", "portable"]):
                done = subprocess.run([FABULA, "model", "logits", "--model", model, "--backend", *decoder, "--threads", "1",
                                       "--cache-type", "f32", "--tokens", ",".join(map(str, tokens)), "--out", "-"],
                                      capture_output=True)
                if done.returncode == 6:
                    print(f"{family} {decoder}: {done.stderr.decode().strip()}")
                    continue
                assert done.returncode == 0, done.stderr.decode()
                found = np.frombuffer(done.stdout, "<f4").reshape(truth.shape)
                off = float(np.sqrt(((found - truth) ** 2).sum() / (truth ** 2).sum()))
                print(f"{family} {decoder}: relative distance {off:.2g}")
                assert off < 1e-3
    return 0


if __name__ == "__main__":
    sys.exit({"formats": formats, "golden": golden, "families": families}[sys.argv[2]]())
