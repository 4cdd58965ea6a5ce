#!/usr/bin/python3
# SPDX-License-Identifier: 0BSD
"""converter_witness.py LLAMA_CPP FOLDER OUT SPLIT|hash:IDS|ADAPTER: the converter of llama.cpp without transformers.

What the converter asks of transformers is answered from tokenizer.json. It finds the name of the text split by hashing
the tokens of a text, which this stub cannot make: SPLIT is taken for the name, or with hash:IDS these are the tokens. With the folder of a PEFT adapter that is converted, and
FOLDER is its base.
"""
import json
import pathlib
import runpy
import sys
import types

import torch

LLAMA_CPP, FOLDER, OUT, SPLIT = sys.argv[1:5]

# What Debian's torch does not have yet, and no folder here has either.
for name in ("uint16", "uint32", "uint64", "float8_e4m3fn", "float8_e5m2"):
    if not hasattr(torch, name):
        setattr(torch, name, name)


class AutoConfig:
    @staticmethod
    def from_pretrained(*_arguments, **_options):
        raise OSError("config.json is read as it is")


class AutoTokenizer:
    is_fast = True

    @classmethod
    def from_pretrained(cls, folder, **_options):
        return cls(json.loads((pathlib.Path(folder) / "tokenizer.json").read_text(encoding="utf-8")))

    def __init__(self, tokenizer: dict):
        base = tokenizer["model"]["vocab"]
        added = {each["content"]: each["id"] for each in tokenizer["added_tokens"]}
        self.vocab_size = len(base)
        self.vocab = {**base, **added}
        self.added = added
        self.added_tokens_decoder = {each["id"]: types.SimpleNamespace(special=each["special"], normalized=each["normalized"])
                                     for each in tokenizer["added_tokens"]}
        self.all_special_tokens = [each["content"] for each in tokenizer["added_tokens"] if each["special"]]
        self.all_special_ids = [self.vocab[token] for token in self.all_special_tokens]

    def get_vocab(self) -> dict:
        return self.vocab

    def get_added_vocab(self) -> dict:
        return self.added

    def encode(self, text: str, **_options) -> list[int]:
        if text in self.added:
            return [self.added[text]]
        return [int(word) for word in SPLIT.removeprefix("hash:").split(",")]

    def decode(self, ids: list[int]) -> str:
        return {number: text for text, number in self.added.items()}[ids[0]]


sys.modules["transformers"] = types.SimpleNamespace(AutoConfig=AutoConfig, AutoTokenizer=AutoTokenizer)
class Silent:
    def __init__(self, *_arguments, **_options):
        pass

    def __getattr__(self, _name):
        return lambda *_arguments, **_options: None


sys.modules["tqdm"] = types.SimpleNamespace(tqdm=Silent)
sys.modules["sentencepiece"] = types.SimpleNamespace(SentencePieceProcessor=object)
sys.path[:0] = [LLAMA_CPP, LLAMA_CPP + "/gguf-py"]

if not SPLIT.startswith("hash:") and (pathlib.Path(SPLIT) / "adapter_config.json").exists():
    def load_file(path, device):
        del device
        return {name: torch.from_numpy(numbers.astype("float32")) for name, numbers in read_safetensors(pathlib.Path(path)).items()}

    sys.path.append(str(pathlib.Path(__file__).resolve().parent))
    from made_folder import read_safetensors
    sys.modules["safetensors"] = types.ModuleType("safetensors")
    sys.modules["safetensors.torch"] = types.SimpleNamespace(load_file=load_file)
    sys.argv = ["convert_lora_to_gguf.py", "--base", FOLDER, "--outfile", OUT, "--outtype", "f32", SPLIT]
    runpy.run_path(LLAMA_CPP + "/convert_lora_to_gguf.py", run_name="__main__")
    sys.exit()

import conversion  # noqa: E402
import gguf  # noqa: E402

folder = pathlib.Path(FOLDER)
config = json.loads((folder / "config.json").read_text())
converter = conversion.get_model_class(config["architectures"][0])(folder, gguf.LlamaFileType.ALL_F32, pathlib.Path(OUT))
if not SPLIT.startswith("hash:"):
    converter.get_vocab_base_pre = lambda _tokenizer: SPLIT
converter.write()
