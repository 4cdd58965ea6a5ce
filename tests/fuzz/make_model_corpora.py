#!/usr/bin/env python3
# SPDX-License-Identifier: 0BSD
"""Write the seeds of llama2c_fuzz, gguf_fuzz and cpu_load_fuzz: tiny files of every shape that the readers know."""
import pathlib
import random
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


# ggml's number of a type, and its blocks: columns, bytes, and where halves lie in them.
TYPES = {"f32": (0, 1, 4, []), "f16": (1, 1, 2, [0]), "bf16": (30, 1, 2, []), "q4_0": (2, 32, 18, [0]),
         "q4_1": (3, 32, 20, [0, 2]), "q5_0": (6, 32, 22, [0]), "q5_1": (7, 32, 24, [0, 2]), "q8_0": (8, 32, 34, [0]),
         "q2_k": (10, 256, 84, [80, 82]), "q4_k": (12, 256, 144, [0, 2]), "q5_k": (13, 256, 176, [0, 2]),
         "q6_k": (14, 256, 210, [208]), "iq4_nl": (20, 32, 18, [0]), "iq4_xs": (23, 256, 136, [0])}


def numbers(kind: str, n: int, dice: random.Random) -> bytes:
    """`n` weights of about a tenth."""
    _, columns, size, halves = TYPES[kind]
    if kind == "f32":
        return struct.pack(f"<{n}f", *(dice.gauss(0, 0.1) for _ in range(n)))
    if kind == "bf16":
        return b"".join(struct.pack("<f", dice.gauss(0, 0.1))[2:] for _ in range(n))
    out = bytearray()
    for _ in range(n // columns):
        block = bytearray(dice.randbytes(size))
        for at in halves:
            block[at:at + 2] = struct.pack("<e", dice.gauss(0, 0.1 if columns == 1 else 0.005))
        out += block
    return bytes(out)


class Whole:
    """A whole model file; matrices take the types in turn, where their width allows."""

    def __init__(self, family: str, types: list[str], width: int = 32, ff: int = 32, layers: int = 1, **more: bytes):
        self.types, self.tensors, self.data, self.dice = types, [], [], random.Random(family + " ".join(types))
        self.width, self.ff, self.words, window = width, ff, 5, 16
        rms = "_rms" if family == "llama" else ""
        values = {
            "architecture": string("general.architecture", family),
            "tokenizer": string("tokenizer.ggml.model", "llama" if family == "llama" else "gpt2"),
            "tokens": array("tokenizer.ggml.tokens", 8, self.words, b"".join(text(b"%d" % i) for i in range(self.words))),
            "context": u32(f"{family}.context_length", window), "embedding": u32(f"{family}.embedding_length", width),
            "blocks": u32(f"{family}.block_count", layers), "ff": u32(f"{family}.feed_forward_length", ff),
            "heads": u32(f"{family}.attention.head_count", 4),
            "epsilon": value(f"{family}.attention.layer_norm{rms}_epsilon", 6, struct.pack("<f", 1e-5)),
        }
        if family == "llama":
            values |= {"kv": u32("llama.attention.head_count_kv", 2), "rope": u32("llama.rope.dimension_count", width // 4)}
        self.values = list((values | more).values())
        self.matrix("token_embd", width, self.words)
        {"llama": self.llama, "gpt2": self.gpt2, "bloom": self.bloom}[family](layers, window)

    def tensor(self, name: str, shape: list[int], kind: str) -> None:
        packed = numbers(kind, shape[0] * (shape + [1])[1], self.dice)
        self.tensors.append((name, shape, TYPES[kind][0], len(packed)))
        self.data.append(packed + bytes(-len(packed) % 32))

    def matrix(self, name: str, n_in: int, n_out: int) -> None:
        kind = self.types[len(self.tensors) % len(self.types)]
        self.tensor(f"{name}.weight", [n_in, n_out], kind if n_in % TYPES[kind][1] == 0 else "f32")

    def vector(self, name: str, n: int) -> None:
        self.tensor(name, [n], "f32")

    def norm(self, name: str) -> None:
        self.vector(f"{name}.weight", self.width)
        self.vector(f"{name}.bias", self.width)

    def linear(self, name: str, n_in: int, n_out: int) -> None:
        self.matrix(name, n_in, n_out)
        self.vector(f"{name}.bias", n_out)

    def llama(self, layers: int, _: int) -> None:
        for at in (f"blk.{i}." for i in range(layers)):
            self.vector(at + "attn_norm.weight", self.width)
            for name, n_out in (("attn_q", self.width), ("attn_k", self.width // 2), ("attn_v", self.width // 2),
                                ("attn_output", self.width), ("ffn_gate", self.ff), ("ffn_up", self.ff)):
                self.matrix(at + name, self.width, n_out)
            self.matrix(at + "ffn_down", self.ff, self.width)
            self.vector(at + "ffn_norm.weight", self.width)
        self.vector("output_norm.weight", self.width)

    def plain_layers(self, layers: int) -> None:
        for at in (f"blk.{i}." for i in range(layers)):
            self.norm(at + "attn_norm")
            self.linear(at + "attn_qkv", self.width, 3 * self.width)
            self.linear(at + "attn_output", self.width, self.width)
            self.norm(at + "ffn_norm")
            self.linear(at + "ffn_up", self.width, self.ff)
            self.linear(at + "ffn_down", self.ff, self.width)
        self.norm("output_norm")

    def gpt2(self, layers: int, window: int) -> None:
        self.vector_table("position_embd.weight", window)
        self.plain_layers(layers)
        self.matrix("output", self.width, self.words)

    def bloom(self, layers: int, _: int) -> None:
        self.norm("token_embd_norm")
        self.plain_layers(layers)

    def vector_table(self, name: str, n: int) -> None:
        self.tensor(name, [self.width, n], "f32")

    def bytes(self) -> bytes:
        header = gguf(self.values, self.tensors)
        return header + bytes(-len(header) % 32) + b"".join(self.data)


def whole_models() -> dict[str, bytes]:
    linear_rope = {"scaling": string("llama.rope.scaling.type", "linear"),
                   "factor": value("llama.rope.scaling.factor", 6, struct.pack("<f", 2))}
    scaled = Whole("llama", ["f16"], width=8, ff=12, **linear_rope)
    scaled.vector("rope_freqs.weight", 1)
    scaled.linear("output", 8, scaled.words)
    del scaled.tensors[-1], scaled.data[-1]  # heads have no bias
    wide = {"key": u32("llama.attention.key_length", 8), "value": u32("llama.attention.value_length", 8)}
    models = {
        "llama_f32": Whole("llama", ["f32"], width=8, ff=12), "llama_q8_0": Whole("llama", ["q8_0"]),
        "llama_mixed": Whole("llama", ["q4_0", "f16", "q5_1", "bf16", "q5_0"], layers=2),
        "llama_q4_k": Whole("llama", ["q4_k"], width=8, ff=256), "llama_q6_k": Whole("llama", ["q6_k"], width=8, ff=256),
        "llama_q5_k": Whole("llama", ["q5_k"], width=8, ff=256), "llama_q2_k": Whole("llama", ["q2_k"], width=8, ff=256),
        "llama_iq4": Whole("llama", ["iq4_nl", "q4_1"], **wide), "llama_scaled": scaled,
        "gpt2_f16": Whole("gpt2", ["f16"], width=12, ff=20), "gpt2_q8_0": Whole("gpt2", ["q8_0", "q5_0"]),
        "gpt2_iq4_xs": Whole("gpt2", ["iq4_xs"], width=8, ff=256),
        "bloom_f32": Whole("bloom", ["f32"], width=8, ff=16, layers=2), "bloom_q5_1": Whole("bloom", ["q5_1", "q4_0"]),
    }
    return {name: model.bytes() for name, model in models.items()}


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
    for folder, seeds in {"llama2c": llama2c_seeds, "gguf": gguf_seeds, "cpu_load": whole_models()}.items():
        (CORPUS / folder).mkdir(parents=True, exist_ok=True)
        for name, seed in seeds.items():
            (CORPUS / folder / name).write_bytes(seed)


if __name__ == "__main__":
    main()
