#!/usr/bin/python3
# SPDX-License-Identifier: 0BSD
"""The forward pass of bloom, gpt2 and llama in float64 with numpy, over the dequantised weights of a GGUF file.

Slow, short and independent: what Fabula's own decoder and llama.cpp are both held against. Nothing is rounded between
the weights and the logits, and nothing is cached. Writes float64, little-endian, [n_tokens, n_vocab].
"""
import argparse
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from gguf_weights import Gguf  # noqa: E402


def layer_norm(x: np.ndarray, gain: np.ndarray, bias: np.ndarray, epsilon: float) -> np.ndarray:
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred / np.sqrt((centred ** 2).mean(axis=-1, keepdims=True) + epsilon) * gain + bias


def rms_norm(x: np.ndarray, gain: np.ndarray, epsilon: float) -> np.ndarray:
    return x / np.sqrt((x ** 2).mean(axis=-1, keepdims=True) + epsilon) * gain


def gelu(x: np.ndarray) -> np.ndarray:
    """In the form with tanh. Source: Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016, arXiv:1606.08415."""
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x ** 3)))


def silu(x: np.ndarray) -> np.ndarray:
    return x * np.exp(-np.logaddexp(0, -x))


def alibi_slopes(n_head: int) -> np.ndarray:
    """Source: Press et al., "Train Short, Test Long", 2022, arXiv:2108.12409, with 8 as the largest exponent; where the
    heads are no power of two, those beyond the power take every other slope of twice as many."""
    power = 2 ** int(np.floor(np.log2(n_head)))
    first = 2.0 ** (-8.0 / power * np.arange(1, power + 1))
    beyond = 2.0 ** (-4.0 / power * np.arange(1, 2 * (n_head - power), 2))
    return np.concatenate([first, beyond])


def rotated(x: np.ndarray, base: float, n_rot: int, factors: np.ndarray | None) -> np.ndarray:
    """Rotates neighbouring pairs of the first n_rot numbers of each head; x [n_head, n_tokens, n_head_size].

    Source: Su et al., "RoFormer", 2021, arXiv:2104.09864, eq. 34.
    """
    frequencies = base ** (-np.arange(0, n_rot, 2) / n_rot)
    if factors is not None:
        frequencies = frequencies / factors
    angles = np.arange(x.shape[1])[:, None] * frequencies
    even, odd = x[..., 0:n_rot:2], x[..., 1:n_rot:2]
    y = x.copy()
    y[..., 0:n_rot:2] = even * np.cos(angles) - odd * np.sin(angles)
    y[..., 1:n_rot:2] = even * np.sin(angles) + odd * np.cos(angles)
    return y


class Forward:
    def __init__(self, path: str):
        self.gguf = Gguf(path)
        self.family = self.gguf.keys["general.architecture"]
        if self.family not in ("bloom", "gpt2", "llama"):
            raise ValueError(f"{path}: architecture '{self.family}' is not known here")
        self.n_layer = self.key("block_count")
        self.n_embd = self.key("embedding_length")
        self.n_head = self.key("attention.head_count")
        self.n_head_kv = self.key("attention.head_count_kv", self.n_head)
        self.head_size = self.key("attention.key_length", self.n_embd // self.n_head)
        is_llama = self.family == "llama"
        self.epsilon = self.key("attention.layer_norm_rms_epsilon" if is_llama else "attention.layer_norm_epsilon")
        if self.key("rope.scaling.type", "none") != "none" or self.key("expert_count", 0) != 0:
            raise ValueError(f"{path}: stretched rotations and experts are not known here")
        self.weights = {}

    def key(self, name: str, standard=None):
        value = self.gguf.keys.get(f"{self.family}.{name}", standard)
        if value is None:
            raise ValueError(f"no key {self.family}.{name}")
        return value

    def weight(self, name: str) -> np.ndarray:
        if name not in self.weights:
            self.weights[name] = self.gguf.tensor(name)
        return self.weights[name]

    def optional(self, name: str) -> np.ndarray | None:
        return self.weight(name) if name in self.gguf else None

    def linear(self, x: np.ndarray, name: str) -> np.ndarray:
        y = x @ self.weight(name + ".weight").T
        bias = self.optional(name + ".bias")
        return y if bias is None else y + bias

    def norm(self, x: np.ndarray, name: str) -> np.ndarray:
        if self.family == "llama":
            return rms_norm(x, self.weight(name + ".weight"), self.epsilon)
        return layer_norm(x, self.weight(name + ".weight"), self.weight(name + ".bias"), self.epsilon)

    def heads(self, x: np.ndarray, n_head: int) -> np.ndarray:
        """[n_tokens, n_head * size] to [n_head, n_tokens, size]."""
        return x.reshape(len(x), n_head, self.head_size).transpose(1, 0, 2)

    def queries_keys_values(self, x: np.ndarray, layer: str) -> list[np.ndarray]:
        if layer + "attn_qkv.weight" in self.gguf:
            n_q, n_kv = self.n_head * self.head_size, self.n_head_kv * self.head_size
            parts = np.split(self.linear(x, layer + "attn_qkv"), [n_q, n_q + n_kv], axis=-1)
        else:
            parts = [self.linear(x, layer + name) for name in ("attn_q", "attn_k", "attn_v")]
        return [self.heads(part, n) for part, n in zip(parts, (self.n_head, self.n_head_kv, self.n_head_kv))]

    def attention(self, x: np.ndarray, layer: str) -> np.ndarray:
        q, k, v = self.queries_keys_values(x, layer)
        if self.family == "llama":
            base, n_rot = self.key("rope.freq_base", 10000.0), self.key("rope.dimension_count", self.head_size)
            factors = self.optional("rope_freqs.weight")
            q, k = rotated(q, base, n_rot, factors), rotated(k, base, n_rot, factors)
        k, v = (np.repeat(each, self.n_head // self.n_head_kv, axis=0) for each in (k, v))
        scores = q @ k.transpose(0, 2, 1) / np.sqrt(self.head_size)
        distance = np.arange(len(x))[:, None] - np.arange(len(x))[None, :]
        if self.family == "bloom":
            scores = scores - alibi_slopes(self.n_head)[:, None, None] * distance
        scores = np.where(distance < 0, -np.inf, scores)
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        mixed = scores / scores.sum(axis=-1, keepdims=True) @ v
        return self.linear(mixed.transpose(1, 0, 2).reshape(len(x), -1), layer + "attn_output")

    def feed_forward(self, x: np.ndarray, layer: str) -> np.ndarray:
        up = self.linear(x, layer + "ffn_up")
        inner = silu(self.linear(x, layer + "ffn_gate")) * up if self.family == "llama" else gelu(up)
        return self.linear(inner, layer + "ffn_down")

    def logits(self, tokens: list[int]) -> np.ndarray:
        """[n_tokens, n_vocab], row i behind tokens 0 to i."""
        x = self.weight("token_embd.weight")[tokens]
        if self.family == "gpt2":
            x = x + self.weight("position_embd.weight")[:len(tokens)]
        if self.family == "bloom":
            x = self.norm(x, "token_embd_norm")
        for index in range(self.n_layer):
            layer = f"blk.{index}."
            x = x + self.attention(self.norm(x, layer + "attn_norm"), layer)
            x = x + self.feed_forward(self.norm(x, layer + "ffn_norm"), layer)
        head = "output" if "output.weight" in self.gguf else "token_embd"
        return self.linear(self.norm(x, "output_norm"), head)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("model", help="a GGUF file")
    arguments.add_argument("--tokens", required=True, help="token ids by commas")
    arguments.add_argument("--out", required=True, help="float64, [n_tokens, n_vocab]")
    options = arguments.parse_args()
    tokens = [int(word) for word in options.tokens.replace(",", " ").split()]
    Forward(options.model).logits(tokens).astype("<f8").tofile(options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
