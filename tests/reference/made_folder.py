# SPDX-License-Identifier: 0BSD
"""Small model folders of random weights, as transformers writes them: config.json, safetensors, a tokenizer.

Weights have a deviation of 1/sqrt(fan-in), biases and gains are varied: a layout, an epsilon or an activation that is
wrong then shows. The layouts are those of transformers' modeling_gpt2.py, modeling_bloom.py and modeling_llama.py.
"""
import json
import pathlib
import struct

import numpy as np

FAMILIES = ("gpt2", "bloom", "llama")
REGEX_LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
                r"|\s+(?!\S)|\s+")
REGEX_BLOOM = r" ?[^(\s|[.,!?…。，、।۔،])]+"
BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}


def by_regex(regex: str) -> dict:
    split = {"type": "Split", "pattern": {"Regex": regex}, "behavior": "Isolated", "invert": False}
    return {"type": "Sequence", "pretokenizers": [split, {**BYTE_LEVEL, "use_regex": False}]}


PRE_TOKENIZERS = {
    "gpt-2": {**BYTE_LEVEL, "use_regex": True},
    "bloom": by_regex(REGEX_BLOOM),
    "llama-bpe": by_regex(REGEX_LLAMA3),
    "smollm": {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True},
                                                     {**BYTE_LEVEL, "use_regex": True}]},
}


# --- safetensors

def raw(numbers: np.ndarray, dtype: str) -> bytes:
    if dtype == "F32":
        return numbers.astype("<f4").tobytes()
    if dtype == "F16":
        return numbers.astype("<f2").tobytes()
    assert dtype == "BF16"
    bits = numbers.astype("<f4").view("<u4").astype(np.uint64)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype("<u2").tobytes()  # to the nearest, ties to even


def numbers_of(bytes_: bytes, dtype: str, shape: list[int]) -> np.ndarray:
    if dtype == "BF16":
        found = (np.frombuffer(bytes_, "<u2").astype("<u4") << 16).view("<f4")
    else:
        found = np.frombuffer(bytes_, {"F32": "<f4", "F16": "<f2"}[dtype])
    return found.astype(np.float64).reshape(shape)


def write_safetensors(path: pathlib.Path, tensors: dict[str, np.ndarray], dtype: str) -> None:
    header, at, parts = {"__metadata__": {"format": "pt"}}, 0, []
    for name, numbers in tensors.items():
        parts.append(raw(numbers, dtype))
        header[name] = {"dtype": dtype, "shape": list(numbers.shape), "data_offsets": [at, at + len(parts[-1])]}
        at += len(parts[-1])
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))


def read_safetensors(path: pathlib.Path) -> dict[str, np.ndarray]:
    whole = path.read_bytes()
    (n,) = struct.unpack_from("<Q", whole)
    found = {}
    for name, entry in json.loads(whole[8:8 + n]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            found[name] = numbers_of(whole[8 + n + begin:8 + n + end], entry["dtype"], entry["shape"])
    return found


def read_weights(folder: pathlib.Path) -> dict[str, np.ndarray]:
    found = {}
    for path in sorted(folder.glob("*.safetensors")):
        found |= read_safetensors(path)
    return found


# --- tokenizers

def byte_characters() -> list[str]:
    """Source: Radford et al., GPT-2, encoder.py (bytes_to_unicode)."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]


def byte_level_tokenizer(split: str, tokens: list[str], merges: list[str], special: list[str]) -> dict:
    vocabulary = {token: i for i, token in enumerate(tokens)}
    for token in special:
        vocabulary.setdefault(token, len(vocabulary))
    added = [{"id": vocabulary[token], "content": token, "single_word": False, "lstrip": False, "rstrip": False,
              "normalized": False, "special": True} for token in special]
    return {"version": "1.0", "added_tokens": added, "normalizer": None, "pre_tokenizer": PRE_TOKENIZERS[split],
            "post_processor": BYTE_LEVEL, "decoder": BYTE_LEVEL,
            "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "",
                      "end_of_word_suffix": "", "fuse_unk": False, "byte_fallback": False,
                      "ignore_merges": split == "llama-bpe", "vocab": vocabulary, "merges": merges}}


def small_byte_level(split: str) -> dict:
    pairs = ["Ġ t", "h e", "Ġt he", "i n", "Ġ a", "e r", "o n", "r e", "Ġ s", "n d", "a t", "e n", "Ġ w", "o r", "Ġ c", "i t"]
    tokens = byte_characters() + [pair.replace(" ", "") for pair in pairs]
    return byte_level_tokenizer(split, tokens, pairs, ["<|endoftext|>"])


def sentencepiece_tokenizer(pieces: list[str]) -> dict:
    """Pieces of more than one character in the order in which they are merged, every pair of theirs a merge."""
    bytes_ = [f"<0x{byte:02X}>" for byte in range(256)]
    single = sorted({character for piece in pieces for character in piece} | set("▁abcdefghijklmnopqrstuvwxyz.,'"))
    tokens = ["<unk>", "<s>", "</s>", *bytes_, *[piece for piece in pieces if len(piece) > 1], *single]
    vocabulary = {token: i for i, token in enumerate(tokens)}
    merges = [f"{piece[:at]} {piece[at:]}" for piece in pieces for at in range(1, len(piece))
              if piece[:at] in vocabulary and piece[at:] in vocabulary]
    added = [{"id": i, "content": tokens[i], "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
              "special": True} for i in range(3)]
    start = [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]
    return {"version": "1.0", "added_tokens": added,
            "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"},
                                                               {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
            "pre_tokenizer": None,
            "post_processor": {"type": "TemplateProcessing", "single": start, "pair": start,
                               "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}},
            "decoder": {"type": "Sequence", "decoders": [{"type": "ByteFallback"}, {"type": "Fuse"}]},
            "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None,
                      "end_of_word_suffix": None, "fuse_unk": True, "byte_fallback": True, "ignore_merges": False,
                      "vocab": vocabulary, "merges": merges}}


def small_sentencepiece() -> dict:
    return sentencepiece_tokenizer(["▁t", "he", "▁a", "in", "▁the", "er", "on", "re", "nd", "▁s", "and", "▁and", "ing"])


# --- models

class Random:
    def __init__(self, seed: int):
        self.chance = np.random.default_rng(seed)
        self.tensors: dict[str, np.ndarray] = {}

    def matrix(self, name: str, *shape: int, fan_in: int | None = None) -> None:
        self.tensors[name + ".weight"] = self.chance.normal(0, (fan_in or shape[-1]) ** -0.5, shape)

    def bias(self, name: str, n: int, mean: float = 0, deviation: float = 0.2) -> None:
        self.tensors[name + ".bias"] = self.chance.normal(mean, deviation, n)

    def norm(self, name: str, n: int, has_bias: bool = True) -> None:
        self.tensors[name + ".weight"] = self.chance.uniform(0.5, 1.5, n)
        if has_bias:
            self.bias(name, n)


# GELU's two forms differ by a tenth of their size about -3 and by nothing else that a sum of such numbers would show.
GELU_BIAS = {"mean": -1.0, "deviation": 1.0}


def show_the_tail(tensors: dict[str, np.ndarray]) -> None:
    """Leaves of a GPT-2 or BLOOM model little beside the left tail of GELU."""
    for name, numbers in tensors.items():
        if name.endswith((".c_fc.weight", ".dense_h_to_4h.weight", ".c_fc.bias", ".dense_h_to_4h.bias")):
            numbers *= 0.15
        if name.endswith((".c_fc.bias", ".dense_h_to_4h.bias")):
            numbers -= 3.1
        if name.endswith(("wte.weight", "wpe.weight", "word_embeddings_layernorm.weight", "word_embeddings_layernorm.bias",
                          ".attn.c_proj.weight", ".self_attention.dense.weight", "proj.bias", "dense.bias", "4h_to_h.bias")):
            numbers *= 1e-4


def make_gpt2(made: Random, config: dict, prefix: str) -> None:
    n, n_ff = config["n_embd"], config["n_inner"] or 4 * config["n_embd"]
    made.matrix(prefix + "wte", config["vocab_size"], n)
    made.matrix(prefix + "wpe", config["n_positions"], n)
    for i in range(config["n_layer"]):
        layer = f"{prefix}h.{i}."
        made.norm(layer + "ln_1", n)
        for name, n_in, n_out in (("attn.c_attn", n, 3 * n), ("attn.c_proj", n, n), ("mlp.c_fc", n, n_ff),
                                  ("mlp.c_proj", n_ff, n)):
            made.matrix(layer + name, n_in, n_out, fan_in=n_in)
            made.bias(layer + name, n_out, **(GELU_BIAS if name == "mlp.c_fc" else {}))
        made.norm(layer + "ln_2", n)
    made.norm(prefix + "ln_f", n)


def make_bloom(made: Random, config: dict, prefix: str) -> None:
    n = config["hidden_size"]
    made.matrix(prefix + "word_embeddings", config["vocab_size"], n)
    made.norm(prefix + "word_embeddings_layernorm", n)
    for i in range(config["n_layer"]):
        layer = f"{prefix}h.{i}."
        made.norm(layer + "input_layernorm", n)
        for name, n_in, n_out in (("self_attention.query_key_value", n, 3 * n), ("self_attention.dense", n, n),
                                  ("mlp.dense_h_to_4h", n, 4 * n), ("mlp.dense_4h_to_h", 4 * n, n)):
            made.matrix(layer + name, n_out, n_in)
            made.bias(layer + name, n_out, **(GELU_BIAS if name == "mlp.dense_h_to_4h" else {}))
        made.norm(layer + "post_attention_layernorm", n)
    made.norm(prefix + "ln_f", n)


def make_llama(made: Random, config: dict, prefix: str) -> None:
    n, n_ff = config["hidden_size"], config["intermediate_size"]
    size = config.get("head_dim") or n // config["num_attention_heads"]
    n_q, n_kv = size * config["num_attention_heads"], size * config["num_key_value_heads"]
    made.matrix(prefix + "embed_tokens", config["vocab_size"], n)
    for i in range(config["num_hidden_layers"]):
        layer = f"{prefix}layers.{i}."
        made.norm(layer + "input_layernorm", n, has_bias=False)
        for name, n_in, n_out in (("self_attn.q_proj", n, n_q), ("self_attn.k_proj", n, n_kv), ("self_attn.v_proj", n, n_kv),
                                  ("self_attn.o_proj", n_q, n), ("mlp.gate_proj", n, n_ff), ("mlp.up_proj", n, n_ff),
                                  ("mlp.down_proj", n_ff, n)):
            made.matrix(layer + name, n_out, n_in)
            if config["attention_bias" if "attn" in name else "mlp_bias"]:
                made.bias(layer + name, n_out)
        made.norm(layer + "post_attention_layernorm", n, has_bias=False)
    made.norm(prefix + "norm", n, has_bias=False)


def fade_the_words(tensors: dict[str, np.ndarray]) -> None:
    """Embeddings of so little variance that the epsilon of the norms counts."""
    for name, numbers in tensors.items():
        if name.endswith(("wte.weight", "wpe.weight", "word_embeddings.weight", "embed_tokens.weight")):
            numbers *= 0.2


VARIANTS = {"tail": show_the_tail, "faint": fade_the_words}
CONFIGS = {
    "gpt2": {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "n_layer": 3, "n_embd": 64, "n_head": 4, "n_inner": None,
             "n_positions": 96, "n_ctx": 96, "layer_norm_epsilon": 1e-5, "activation_function": "gelu_new"},
    "bloom": {"architectures": ["BloomForCausalLM"], "model_type": "bloom", "n_layer": 3, "hidden_size": 96, "n_head": 6,
              "seq_length": 96, "layer_norm_epsilon": 1e-5, "apply_residual_connection_post_layernorm": False},
    "llama": {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "num_hidden_layers": 3, "hidden_size": 96,
              "num_attention_heads": 6, "num_key_value_heads": 2, "intermediate_size": 160, "max_position_embeddings": 96,
              "rms_norm_eps": 1e-5, "rope_theta": 50000.0, "hidden_act": "silu", "attention_bias": False, "mlp_bias": False,
              "tie_word_embeddings": False},
}
MAKERS = {"gpt2": make_gpt2, "bloom": make_bloom, "llama": make_llama}
PREFIXES = {"gpt2": "transformer.", "bloom": "transformer.", "llama": "model."}
SPLITS = {"gpt2": "gpt-2", "bloom": "bloom", "llama": "llama-bpe"}


def make_folder(folder: pathlib.Path, family: str, seed: int = 1, changes: dict | None = None, dtype: str = "F32",
                n_files: int = 1, prefix: str | None = None, tokenizer: dict | None = None, variant: str = "") -> dict:
    """Writes the folder and returns its config. `changes` are to the config; the vocabulary is three rows longer than the
    tokenizer, as many models have it."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = tokenizer or small_byte_level(SPLITS[family])
    ids = [*tokenizer["model"]["vocab"].values(), *[added["id"] for added in tokenizer["added_tokens"]]]
    end = ids[-1] if tokenizer["model"]["byte_fallback"] is False else 2
    config = {**CONFIGS[family], "vocab_size": max(ids) + 4, "bos_token_id": end, "eos_token_id": end, **(changes or {})}
    if tokenizer["model"]["byte_fallback"]:
        config["bos_token_id"] = 1
    made = Random(seed)
    MAKERS[family](made, config, PREFIXES[family] if prefix is None else prefix)
    if not config.get("tie_word_embeddings", family != "llama"):
        n = config.get("hidden_size") or config["n_embd"]
        made.matrix("lm_head", config["vocab_size"], n)
    if variant:
        VARIANTS[variant](made.tensors)
    write_weights(folder, made.tensors, dtype, n_files)
    (folder / "config.json").write_text(json.dumps(config, indent=2))
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False))
    names = {number: token for token, number in tokenizer["model"]["vocab"].items()}
    names |= {added["id"]: added["content"] for added in tokenizer["added_tokens"]}
    about = {"bos_token": names.get(config["bos_token_id"]), "eos_token": names.get(config["eos_token_id"]),
             "chat_template": "{{ messages }}"}
    (folder / "tokenizer_config.json").write_text(json.dumps(about))
    return config


def write_weights(folder: pathlib.Path, tensors: dict[str, np.ndarray], dtype: str, n_files: int) -> None:
    if n_files == 1:
        write_safetensors(folder / "model.safetensors", tensors, dtype)
        return
    names = list(tensors)
    index = {}
    for part in range(n_files):
        file = f"model-{part + 1:05}-of-{n_files:05}.safetensors"
        mine = names[part::n_files]
        write_safetensors(folder / file, {name: tensors[name] for name in mine}, dtype)
        index |= {name: file for name in mine}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": index}))
