#!/usr/bin/env python3
# SPDX-License-Identifier: 0BSD
"""Fabula beside llama.cpp's own programs, in turn on the same machine. Started by bench/peers/run."""
import argparse
import json
import os
import pathlib
import sys

import decode
import journey
import sample
import step
from measure import Failure, circumstances, say, table
EXAMPLES = """Examples:
  bench/peers/run build                       # llama.cpp's programs alone; prints their folder
  bench/peers/run decode --model bloom-q8_0.gguf --runs 5 --out bench/results/NAME.json
  bench/peers/run decode --prefix 128 --tokens 32 --candidates 1,3 --runs 2 --json
  bench/peers/run step --prompt-tokens 128 --json
  bench/peers/run journey --model smollm-135m-q8_0.gguf --wander
  bench/peers/run sample --vocab 250880 --json
"""


def counts(low: int, high: int):
    def read(text: str) -> list[int]:
        values = [whole(low, high)(each) for each in text.split(",")]
        return list(dict.fromkeys(values))
    return read


def whole(low: int, high: int):
    def read(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"'{text}' is no whole number from {low} to {high}")
        return int(text)
    return read


def add_shared(parser: argparse.ArgumentParser, candidates: str) -> None:
    parser.add_argument("--model", nargs="+", metavar="FILE", help="GGUF files [the default model]")
    parser.add_argument("--candidates", type=counts(1, 64), default=candidates, metavar="N,...",
                        help=f"how many in one step, each number by itself [{candidates}]")
    parser.add_argument("--tokens", type=whole(1, 65536), default=64, metavar="N", help="new tokens a candidate [64]")
    parser.add_argument("--threads", type=whole(1, 512), default=2, metavar="N", help="[2]")
    parser.add_argument("--runs", type=whole(1, 1000), default=5, metavar="N", help="pairs [5]")
    parser.add_argument("--minutes", type=float, default=1e9, metavar="N", help="begin no pair after this time")
    parser.add_argument("--json", action="store_true", help="one line of JSON a figure instead of a table")
    parser.add_argument("--out", metavar="FILE", help="write everything, with machine and commit, to this file")


def read_arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/peers/run", description=__doc__, epilog=EXAMPLES,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="what", required=True, metavar="build|decode|step|journey|sample")
    verbs.add_parser("build", help="build llama.cpp's programs where they are missing")
    verb = verbs.add_parser("decode", help="several candidates behind one prefix, and the prefill: the decoders alone")
    add_shared(verb, "1,3,8")
    verb.add_argument("--prefix", type=whole(1, 1 << 20), default=512, metavar="N", help="tokens shared by all [512]")
    verb.add_argument("--backend", choices=("auto", "cpu", "llama"), default="auto", help="ours [auto]")
    verb.add_argument("--cache-type", choices=("f16", "f32"), default="f16", help="of both [f16]")
    verb.add_argument("--linked", action="store_true", help="the peer is the llama.cpp that Fabula links, not its programs")
    verb.add_argument("--no-read", action="store_true", help="leave out what this machine reads, and its buffer of 2 GiB")
    verb.set_defaults(compare=decode.compare)
    verb = verbs.add_parser("step", help="whole steps: fabula write beside llama-server")
    add_shared(verb, "3")
    verb.add_argument("--steps", type=whole(1, 1000), default=1, metavar="N", help="timed steps of each story [1]")
    verb.add_argument("--prompt-tokens", type=whole(1, 1 << 16), default=128, metavar="N",
                      help="so many stand, about, before the first timed step [128]")
    verb.add_argument("--typical-p", type=float, default=0.95, metavar="X", help="of both [0.95]")
    verb.set_defaults(compare=step.compare)
    verb = verbs.add_parser("journey", help="a writer's way through a long story: prompt tokens computed beside llama-server")
    verb.add_argument("--model", nargs="+", metavar="FILE", help="GGUF files with a window of 2,048 and more")
    verb.add_argument("--steps", type=whole(1, 10000), default=40, metavar="N", help="[40]")
    verb.add_argument("--wander", action="store_true", help="with undo, siblings and branches")
    verb.add_argument("--candidates", type=whole(1, 64), default=3, metavar="N", help="[3]")
    verb.add_argument("--passage-tokens", type=whole(16, 10000), default=200, metavar="N", help="[200]")
    verb.add_argument("--memory-tokens", type=whole(0, 10000), default=250, metavar="N", help="[250]")
    verb.add_argument("--changed-tokens", type=whole(0, 10000), default=60, metavar="N", help="of the memory at each step [60]")
    verb.add_argument("--lore-tokens", type=whole(0, 10000), default=150, metavar="N", help="new at each step [150]")
    verb.add_argument("--window", type=whole(64, 1 << 20), default=2048, metavar="N", help="of the server, and of the model [2048]")
    verb.add_argument("--reuse", type=whole(0, 10000), default=64, metavar="N", help="llama-server's --cache-reuse [64]")
    verb.add_argument("--layouts", nargs="+", choices=journey.LAYOUTS, default=journey.LAYOUTS, help="[all]")
    verb.add_argument("--threads", type=whole(1, 512), default=2, metavar="N", help="[2]")
    verb.add_argument("--seed", type=whole(1, 1 << 30), default=1, metavar="N", help="[1]")
    verb.add_argument("--json", action="store_true", help="one line of JSON a figure instead of a table")
    verb.add_argument("--out", metavar="FILE", help="write everything, with machine and commit, to this file")
    verb.set_defaults(compare=journey.compare, table=journey.table)
    verb = verbs.add_parser("sample", help="drawing a token: our samplers beside llama.cpp's, in one process")
    verb.add_argument("--model", nargs="+", metavar="FILE", help="whose row is stretched to the vocabulary [the default model]")
    verb.add_argument("--vocab", type=counts(2, 1 << 24), default="250880,32000", metavar="N,...", help="[250880,32000]")
    verb.add_argument("--runs", type=whole(1, 100000), default=31, metavar="N", help="draws a chain and row [31]")
    verb.add_argument("--json", action="store_true", help="one line of JSON a figure instead of a table")
    verb.add_argument("--out", metavar="FILE", help="write everything, with machine and commit, to this file")
    verb.set_defaults(compare=sample.compare, table=sample.table)
    return parser.parse_args(words)


def complete(options: argparse.Namespace) -> None:
    """What bench/peers/run hands over in the environment."""
    if "FABULA_BINARY" not in os.environ or "FABULA_MODEL_FILE" not in os.environ:
        raise Failure("start it through bench/peers/run, which builds what is needed")
    options.binary = os.environ["FABULA_BINARY"]
    options.peers = pathlib.Path(os.environ.get("FABULA_PEERS", ""))
    options.model = options.model or [os.environ["FABULA_MODEL_FILE"]]


def check(options: argparse.Namespace) -> None:
    for file in getattr(options, "model", None) or []:
        if not os.path.isfile(file):
            raise Failure(f"no model file '{file}'")
    out = getattr(options, "out", None)
    if out and os.path.isdir(out):
        raise Failure(f"'{out}' is a folder: --out wants a file")


def write_result(file: pathlib.Path, lines: list[dict]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({**circumstances(), "lines": lines}, indent=1) + "\n")
    say(f"wrote {file}")


def main() -> int:
    words = sys.argv[1:]
    only_check = words[:1] == ["--check"]
    options = read_arguments(words[1:] if only_check else words)
    try:
        check(options)
        if only_check:
            return 0
        complete(options)
        load, cores = os.getloadavg()[0], len(os.sched_getaffinity(0))
        if load > 0.5 * cores:
            say(f"this machine is busy (load {load:.1f} on {cores} cores): the figures will mean little")
        lines = []
        for line in options.compare(options):
            lines.append(line)
            if options.json:
                print(json.dumps(line), flush=True)
        if not options.json:
            print(getattr(options, "table", table)(lines))
        if options.out:
            write_result(pathlib.Path(options.out), lines)
    except (Failure, OSError) as failure:
        say(str(failure))
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
