# SPDX-License-Identifier: 0BSD
"""GGUF files as numbers: keys, and tensors dequantised to float64 from the definitions of the formats.

Written from the descriptions (ggml's docs/gguf.md and the block structs of ggml-common.h), with nothing of ggml's or
Fabula's code in it, so that it can be held against both. Little-endian files of version 2 and 3.
"""
import mmap
import struct

import numpy as np

# Of a key's value: number in the file -> struct format. 8 is a string, 9 an array.
SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9


def halves(raw: np.ndarray) -> np.ndarray:
    """Columns of bytes, two by two, as the float16 numbers that they are; [..., n] to [..., n / 2]."""
    return np.ascontiguousarray(raw).view("<f2").astype(np.float64)


def nibbles(raw: np.ndarray) -> np.ndarray:
    """[n, bytes] to [n, 2 * bytes]: the low halves of all bytes, then the high ones."""
    return np.concatenate([raw & 15, raw >> 4], axis=-1).astype(np.float64)


def fifth_bits(raw: np.ndarray) -> np.ndarray:
    """[n, 4] to [n, 32]: bit i of the 32-bit word, worth 16."""
    return 16.0 * np.unpackbits(raw, axis=-1, bitorder="little")


def of_f32(raw: np.ndarray) -> np.ndarray:
    return raw.view("<f4").astype(np.float64)


def of_f16(raw: np.ndarray) -> np.ndarray:
    return halves(raw)


def of_bf16(raw: np.ndarray) -> np.ndarray:
    return (raw.view("<u2").astype("<u4") << 16).view("<f4").astype(np.float64)


def of_q8_0(raw: np.ndarray) -> np.ndarray:
    """d, then 32 signed bytes: d * q."""
    return halves(raw[:, :2]) * raw[:, 2:].view(np.int8)


def of_q4_0(raw: np.ndarray) -> np.ndarray:
    """d, then 32 nibbles: d * (q - 8)."""
    return halves(raw[:, :2]) * (nibbles(raw[:, 2:]) - 8)


def of_q5_0(raw: np.ndarray) -> np.ndarray:
    """d, 32 fifth bits, 32 nibbles: d * (q - 16)."""
    return halves(raw[:, :2]) * (nibbles(raw[:, 6:]) + fifth_bits(raw[:, 2:6]) - 16)


def of_q5_1(raw: np.ndarray) -> np.ndarray:
    """d and m, 32 fifth bits, 32 nibbles: d * q + m."""
    return halves(raw[:, :2]) * (nibbles(raw[:, 8:]) + fifth_bits(raw[:, 4:8])) + halves(raw[:, 2:4])


def scales_and_minima(raw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Twelve bytes hold eight scales and eight minima of six bits; [n, 12] to two of [n, 8, 1].

    The first four of each are the low six bits of bytes 0 to 3 and 4 to 7; of the last four, the low four bits are the
    halves of bytes 8 to 11 and the high two the bits that were left over.
    """
    first, second, third = raw[:, 0:4], raw[:, 4:8], raw[:, 8:12]
    scales = np.concatenate([first & 63, (third & 15) | (first >> 6) << 4], axis=1)
    minima = np.concatenate([second & 63, (third >> 4) | (second >> 6) << 4], axis=1)
    return scales[..., None].astype(np.float64), minima[..., None].astype(np.float64)


def of_four_or_five_bits(raw: np.ndarray, high: np.ndarray | None, low: np.ndarray) -> np.ndarray:
    """256 numbers in eight groups of 32, d * scale * q - dmin * minimum. `low` [n, 128] has two groups in each 32 bytes;
    bit g of byte i of `high` [n, 32] is the fifth bit of number i of group g."""
    d, dmin = halves(raw[:, 0:2])[..., None], halves(raw[:, 2:4])[..., None]
    scales, minima = scales_and_minima(raw[:, 4:16])
    q = nibbles(low.reshape(-1, 4, 32)).reshape(-1, 8, 32)
    if high is not None:
        bits = np.unpackbits(high[:, :, None], axis=2, bitorder="little")  # [n, 32, 8]
        q = q + 16.0 * bits.transpose(0, 2, 1)
    return (d * scales * q - dmin * minima).reshape(len(raw), 256)


def of_q4_k(raw: np.ndarray) -> np.ndarray:
    return of_four_or_five_bits(raw, None, raw[:, 16:])


def of_q5_k(raw: np.ndarray) -> np.ndarray:
    return of_four_or_five_bits(raw, raw[:, 16:48], raw[:, 48:])


def of_q6_k(raw: np.ndarray) -> np.ndarray:
    """256 numbers in two halves of 128, each of four runs of 32; 16 signed scales of 16 numbers: d * scale * (q - 32).

    In each half, 64 bytes hold the low four bits (runs 0 and 1 in the low halves of the bytes, 2 and 3 in the high
    ones) and 32 bytes the high two bits, run r at bits 2r.
    """
    low = nibbles(raw[:, 0:128].reshape(-1, 2, 64)).reshape(-1, 2, 4, 32)
    high = raw[:, 128:192].reshape(-1, 2, 1, 32) >> np.array([0, 2, 4, 6], np.uint8)[:, None] & 3
    scales = raw[:, 192:208].view(np.int8).reshape(-1, 16, 1).astype(np.float64)
    q = (low + 16.0 * high - 32).reshape(-1, 16, 16)
    return (halves(raw[:, 208:210])[..., None] * scales * q).reshape(len(raw), 256)


# Number in the file -> name, numbers a block, bytes a block, what they are.
TYPES = {
    0: ("F32", 1, 4, of_f32), 1: ("F16", 1, 2, of_f16), 30: ("BF16", 1, 2, of_bf16),
    2: ("Q4_0", 32, 18, of_q4_0), 6: ("Q5_0", 32, 22, of_q5_0), 7: ("Q5_1", 32, 24, of_q5_1),
    8: ("Q8_0", 32, 34, of_q8_0), 12: ("Q4_K", 256, 144, of_q4_k), 13: ("Q5_K", 256, 176, of_q5_k),
    14: ("Q6_K", 256, 210, of_q6_k),
}


class Gguf:
    """`keys`: every key of the file; `tensor(name)`: float64, slowest axis first."""

    def __init__(self, path: str):
        with open(path, "rb") as file:
            self.bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.at = 0
        if self.bytes[:4] != b"GGUF":
            raise ValueError(f"{path}: not a GGUF file")
        self.at = 4
        version, n_tensors, n_keys = self.take("I"), self.take("Q"), self.take("Q")
        if version not in (2, 3):
            raise ValueError(f"{path}: GGUF of version {version}")
        self.keys = {}
        for _ in range(n_keys):
            name = self.string()
            self.keys[name] = self.value(self.take("I"))
        self.places = {}
        for _ in range(n_tensors):
            name = self.string()
            shape = [self.take("Q") for _ in range(self.take("I"))]
            self.places[name] = (shape[::-1], self.take("I"), self.take("Q"))
        alignment = self.keys.get("general.alignment", 32)
        self.data = -(-self.at // alignment) * alignment

    def take(self, form: str):
        (value,) = struct.unpack_from("<" + form, self.bytes, self.at)
        self.at += struct.calcsize("<" + form)
        return value

    def string(self) -> str:
        size = self.take("Q")
        self.at += size
        return self.bytes[self.at - size:self.at].decode(errors="replace")

    def value(self, kind: int):
        if kind == STRING:
            return self.string()
        if kind != ARRAY:
            return self.take(SCALARS[kind])
        inner, size = self.take("I"), self.take("Q")
        return [self.value(inner) for _ in range(size)]

    def __contains__(self, name: str) -> bool:
        return name in self.places

    def type_of(self, name: str) -> str:
        number = self.places[name][1]
        return TYPES[number][0] if number in TYPES else str(number)

    def tensor(self, name: str) -> np.ndarray:
        shape, number, offset = self.places[name]
        if number not in TYPES:
            raise ValueError(f"tensor {name}: type {number} is not known here")
        _, block, n_bytes, numbers_of = TYPES[number]
        n_blocks = int(np.prod(shape)) // block
        raw = np.frombuffer(self.bytes, np.uint8, n_blocks * n_bytes, self.data + offset)
        return numbers_of(raw.reshape(n_blocks, n_bytes)).reshape(shape)
