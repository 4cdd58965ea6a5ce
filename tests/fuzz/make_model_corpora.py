#!/usr/bin/env python3
# SPDX-License-Identifier: 0BSD
"""Write the seeds of llama2c_fuzz and gguf_fuzz: tiny files of every shape that the readers know, made here."""
import pathlib
import struct

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"


def text(value: bytes) -> bytes:
    return struct.pack("<Q", len(value)) + value


def tokenizer(named_bytes: bool, words: list[bytes]) -> bytes:
    spelt = [b"<0x%02X>" % b if named_bytes else chr(b).encode() for b in range(256)]
    tokens = [b"<unk>", b"\n<s>\n", b"\n</s>\n", *spelt, *words]
    return struct.pack("<i", max(map(len, tokens))) + b"".join(
        struct.pack("<fi", -i / 8, len(token)) + token for i, token in enumerate(tokens))


def llama2c(header: tuple[int, ...], odd: int, words: bytes) -> bytes:
    return struct.pack("<7i", *header) + bytes([odd]) + words


def value(key: str, kind: int, packed: bytes) -> bytes:
    return text(key.encode()) + struct.pack("<I", kind) + packed


def u32(key: str, n: int) -> bytes:
    return value(key, 4, struct.pack("<I", n))


def string(key: str, said: str) -> bytes:
    return value(key, 8, text(said.encode()))


def array(key: str, kind: int, n: int, packed: bytes) -> bytes:
    return value(key, 9, struct.pack("<IQ", kind, n) + packed)


def gguf(values: list[bytes], tensors: list[tuple[str, list[int], int, int]], version: int = 3) -> bytes:
    """A header; tensors are (name, shape, type, size in bytes)."""
    out, at = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(values)) + b"".join(values), 0
    for name, shape, kind, size in tensors:
        out += text(name.encode()) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *shape)
        out += struct.pack("<IQ", kind, at)
        at += (size + 31) // 32 * 32
    return out


def model(**changed: bytes) -> list[bytes]:
    """A model of one layer that may be run."""
    words = [b"<unk>", b"<s>", b"</s>", b"a"]
    values = {
        "architecture": string("general.architecture", "llama"),
        "context": u32("llama.context_length", 8), "embedding": u32("llama.embedding_length", 32),
        "blocks": u32("llama.block_count", 1), "heads": u32("llama.attention.head_count", 4),
        "kv": u32("llama.attention.head_count_kv", 2), "rope": u32("llama.rope.dimension_count", 8),
        "tokenizer": string("tokenizer.ggml.model", "llama"),
        "tokens": array("tokenizer.ggml.tokens", 8, 4, b"".join(map(text, words))),
        "scores": array("tokenizer.ggml.scores", 6, 4, struct.pack("<4f", 0, 0, 0, -1)),
        "kinds": array("tokenizer.ggml.token_type", 5, 4, struct.pack("<4i", 2, 3, 3, 1)),
    }
    return list((values | changed).values())


def main() -> None:
    words = [b" t", b"he"]
    llama2c_seeds = {
        "named": llama2c((4, 3, 1, 2, 1, 261, 2), 0, tokenizer(True, words)),
        "raw_untied": llama2c((8, 5, 2, 2, 2, -260, 3), 0, tokenizer(False, words[:1])),
        "one_byte_more": llama2c((4, 3, 1, 2, 1, 259, 2), 1, tokenizer(False, [])[:400]),
    }
    embeddings = [("token_embd.weight", [32, 4], 0, 512), ("output_norm.weight", [32], 0, 128)]
    scalars = [value(f"x.{kind}", kind, bytes(size)) for kind, size in
               {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}.items()]
    gguf_seeds = {
        "empty": gguf([], []),
        "version_2": gguf(model(), embeddings, version=2),
        "model": gguf(model(), embeddings),
        "quantised": gguf(model(), [("token_embd.weight", [32, 4], 8, 136), ("blk.0.ffn_up.weight", [32, 2], 2, 36)]),
        "experts": gguf(model(n=u32("llama.expert_count", 4), used=u32("llama.expert_used_count", 2),
                              groups=u32("llama.expert_group_count", 2), chosen=u32("llama.expert_group_used_count", 1)),
                        embeddings),
        "aligned": gguf([u32("general.alignment", 64), *scalars], [("t", [2, 2, 2, 2], 1, 32)]),
        "adapter": gguf(model(kind=string("general.type", "adapter"), scaling=string("llama.rope.scaling.type", "yarn")),
                        embeddings),
    }
    for folder, seeds in {"llama2c": llama2c_seeds, "gguf": gguf_seeds}.items():
        (CORPUS / folder).mkdir(parents=True, exist_ok=True)
        for name, seed in seeds.items():
            (CORPUS / folder / name).write_bytes(seed)


if __name__ == "__main__":
    main()
