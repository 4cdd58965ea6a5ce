# SPDX-License-Identifier: 0BSD
"""The forward pass of a model folder in float64 with numpy, from its safetensors and config.json alone.

Written after transformers' modeling_gpt2.py, modeling_bloom.py, modeling_llama.py and modeling_rope_utils.py; knows
nothing of GGUF. `fault` plants one mistake, to see that a comparison would notice it.
"""
import json
import math
import pathlib

import numpy as np

from made_folder import read_weights

FAULTS = {
    "gpt2": ("erf for tanh", "epsilon 1e-3", "Conv1D not transposed"),
    "bloom": ("no ALiBi", "ALiBi doubled", "query-key-value not de-interleaved", "erf for tanh", "epsilon 1e-3",
              "no embedding norm"),
    "llama": ("epsilon 1e-3", "other RoPE pairing", "heads not grouped"),
}


def alibi_slopes(n_head: int) -> np.ndarray:
    """Source: Press et al., "Train Short, Test Long", 2022, arXiv:2108.12409; modeling_bloom.py (build_alibi_tensor)."""
    power = 2 ** math.floor(math.log2(n_head))
    base = 2.0 ** -(2.0 ** -(math.log2(power) - 3))
    slopes = base ** np.arange(1, power + 1)
    if power < n_head:
        base = 2.0 ** -(2.0 ** -(math.log2(2 * power) - 3))
        slopes = np.concatenate([slopes, base ** np.arange(1, 1 + 2 * (n_head - power), 2)])
    return slopes


def rope_frequencies(config: dict, size: int) -> np.ndarray:
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    theta = config.get("rope_theta") or rope.get("rope_theta", 10000.0)
    frequencies = theta ** (-np.arange(0, size, 2) / size)
    kind = rope.get("rope_type", rope.get("type", "default"))
    if kind == "default":
        return frequencies
    if kind == "linear":
        return frequencies / rope["factor"]
    assert kind == "llama3"
    window, low, high = (rope[key] for key in ("original_max_position_embeddings", "low_freq_factor", "high_freq_factor"))
    wavelength = 2 * np.pi / frequencies
    smooth = (window / wavelength - low) / (high - low)
    between = (1 - smooth) * frequencies / rope["factor"] + smooth * frequencies
    found = np.where(wavelength > window / low, frequencies / rope["factor"], frequencies)
    return np.where((wavelength <= window / low) & (wavelength >= window / high), between, found)


class FolderForward:
    def __init__(self, folder: pathlib.Path, fault: str = ""):
        self.config = json.loads((folder / "config.json").read_text())
        self.family = self.config["model_type"]
        self.weights = read_weights(folder)
        self.fault = fault
        self.prefix = next((p for p in ("transformer.", "model.") if any(name.startswith(p) for name in self.weights)), "")
        get = self.config.get
        self.n_embd = get("hidden_size") or get("n_embd")
        self.n_head = get("num_attention_heads") or get("n_head")
        self.n_head_kv = get("num_key_value_heads") or self.n_head
        self.n_layer = get("num_hidden_layers") or get("n_layer")
        self.size = get("head_dim") or self.n_embd // self.n_head
        self.epsilon = 1e-3 if fault == "epsilon 1e-3" else get("rms_norm_eps") or get("layer_norm_epsilon")

    def weight(self, name: str) -> np.ndarray:
        return self.weights[self.prefix + name]

    def linear(self, x: np.ndarray, name: str) -> np.ndarray:
        """A row of the weight is an output; GPT-2's Conv1D has a column for each."""
        weight = self.weight(name + ".weight")
        if self.family != "gpt2":
            weight = weight.T
        elif self.fault == "Conv1D not transposed":
            # What a square matrix would do; the others are read in the order of their numbers.
            weight = weight.reshape(weight.shape[::-1]).T
        y = x @ weight
        bias = self.weights.get(self.prefix + name + ".bias")
        return y if bias is None else y + bias

    def norm(self, x: np.ndarray, name: str) -> np.ndarray:
        gain = self.weight(name + ".weight")
        if self.family == "llama":
            return x / np.sqrt((x ** 2).mean(axis=-1, keepdims=True) + self.epsilon) * gain
        x = x - x.mean(axis=-1, keepdims=True)
        return x / np.sqrt((x ** 2).mean(axis=-1, keepdims=True) + self.epsilon) * gain + self.weight(name + ".bias")

    def gelu(self, x: np.ndarray) -> np.ndarray:
        if self.fault == "erf for tanh":
            return 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))

    def rotated(self, x: np.ndarray) -> np.ndarray:
        """[n_head, n_tokens, size]; number i of a head turns with number i + size / 2."""
        angles = np.arange(x.shape[1])[:, None] * rope_frequencies(self.config, self.size)
        cos, sin = np.cos(angles), np.sin(angles)
        if self.fault == "other RoPE pairing":
            even, odd = x[..., 0::2], x[..., 1::2]
            return np.stack([even * cos - odd * sin, even * sin + odd * cos], axis=-1).reshape(x.shape)
        first, second = x[..., :self.size // 2], x[..., self.size // 2:]
        return np.concatenate([first * cos - second * sin, first * sin + second * cos], axis=-1)

    def heads(self, x: np.ndarray, n_head: int) -> np.ndarray:
        return x.reshape(len(x), n_head, self.size).transpose(1, 0, 2)

    def queries_keys_values(self, x: np.ndarray, layer: str) -> list[np.ndarray]:
        if self.family == "gpt2":
            parts = np.split(self.linear(x, layer + "attn.c_attn"), 3, axis=-1)
            return [self.heads(part, self.n_head) for part in parts]
        if self.family == "bloom":
            fused = self.linear(x, layer + "self_attention.query_key_value")
            if self.fault == "query-key-value not de-interleaved":
                return [self.heads(part, self.n_head) for part in np.split(fused, 3, axis=-1)]
            fused = fused.reshape(len(x), self.n_head, 3, self.size)
            return [fused[:, :, i].transpose(1, 0, 2) for i in range(3)]
        q, k, v = (self.heads(self.linear(x, f"{layer}self_attn.{name}_proj"), n)
                   for name, n in (("q", self.n_head), ("k", self.n_head_kv), ("v", self.n_head_kv)))
        n_times = self.n_head // self.n_head_kv
        q, k = self.rotated(q), self.rotated(k)
        if self.fault == "heads not grouped":
            return [q, np.tile(k, (n_times, 1, 1)), np.tile(v, (n_times, 1, 1))]
        return [q, np.repeat(k, n_times, axis=0), np.repeat(v, n_times, axis=0)]

    def attention(self, x: np.ndarray, layer: str) -> np.ndarray:
        q, k, v = self.queries_keys_values(x, layer)
        scores = q @ k.transpose(0, 2, 1) / math.sqrt(self.size)
        if self.family == "bloom" and self.fault != "no ALiBi":
            slopes = alibi_slopes(self.n_head) * (2 if self.fault == "ALiBi doubled" else 1)
            scores = scores + slopes[:, None, None] * np.arange(len(x))
        scores = np.where(np.tri(len(x), dtype=bool), scores, -np.inf)
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        mixed = (scores / scores.sum(axis=-1, keepdims=True)) @ v
        name = {"gpt2": "attn.c_proj", "bloom": "self_attention.dense", "llama": "self_attn.o_proj"}[self.family]
        return self.linear(mixed.transpose(1, 0, 2).reshape(len(x), -1), layer + name)

    def feed_forward(self, x: np.ndarray, layer: str) -> np.ndarray:
        if self.family == "gpt2":
            return self.linear(self.gelu(self.linear(x, layer + "mlp.c_fc")), layer + "mlp.c_proj")
        if self.family == "bloom":
            return self.linear(self.gelu(self.linear(x, layer + "mlp.dense_h_to_4h")), layer + "mlp.dense_4h_to_h")
        gate = self.linear(x, layer + "mlp.gate_proj")
        return self.linear(gate / (1 + np.exp(-gate)) * self.linear(x, layer + "mlp.up_proj"), layer + "mlp.down_proj")

    def logits(self, tokens: list[int]) -> np.ndarray:
        """[n_tokens, n_vocab], row i behind tokens 0 to i."""
        words, head, layers, before, behind, last = {
            "gpt2": ("wte", "wte", "h", "ln_1", "ln_2", "ln_f"),
            "bloom": ("word_embeddings", "word_embeddings", "h", "input_layernorm", "post_attention_layernorm", "ln_f"),
            "llama": ("embed_tokens", "embed_tokens", "layers", "input_layernorm", "post_attention_layernorm", "norm"),
        }[self.family]
        x = self.weight(words + ".weight")[tokens]
        if self.family == "gpt2":
            x = x + self.weight("wpe.weight")[:len(tokens)]
        if self.family == "bloom" and self.fault != "no embedding norm":
            x = self.norm(x, "word_embeddings_layernorm")
        for index in range(self.n_layer):
            layer = f"{layers}.{index}."
            x = x + self.attention(self.norm(x, layer + before), layer)
            x = x + self.feed_forward(self.norm(x, layer + behind), layer)
        tied = self.config.get("tie_word_embeddings", self.family != "llama")
        return self.norm(x, last) @ (self.weight(head + ".weight") if tied else self.weights["lm_head.weight"]).T
