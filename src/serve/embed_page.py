#!/usr/bin/env python3
# SPDX-License-Identifier: 0BSD
"""embed_page.py OUT FOLDER [FILE...]: write the files, which stand below FOLDER, as the C++ table of serve/page.h.

Without index.html among them the table is one page that says how to build it. The same files give the same bytes.
"""
import gzip
import hashlib
import pathlib
import re
import sys

CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml", ".png": "image/png", ".ico": "image/x-icon", ".webp": "image/webp",
    ".woff2": "font/woff2", ".json": "application/json", ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8",
}
HASHED = re.compile(r"^/assets/.+-[A-Za-z0-9_-]{8}\.\w+$")  # as Vite names what is hashed
ABSENT = b"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Fabula</title>
<h1>Fabula</h1>
<p>The server runs, but this program was built without its page. Build the page, then the program:
<pre>cd web && npm ci && npm run build
cd .. && ./run build</pre>
<p>Programs find what they need under <a href="/api/v1/health">/api/v1</a>.
</html>
"""


def literal(data: bytes) -> str:
    """The bytes as lines of one string literal: octal, since a hexadecimal escape has no end."""
    table = {byte: chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?' else f"\\{byte:03o}" for byte in range(256)}
    lines = (data[at:at + 96] for at in range(0, len(data), 96))
    return "\n".join('    "' + "".join(table[byte] for byte in line) + '"' for line in lines) or '    ""'


def entry(number: int, path: str, data: bytes) -> tuple[str, str]:
    """The definitions of a file's bytes, and its line of the table."""
    suffix = pathlib.PurePosixPath(path).suffix if path != "/" else ".html"
    if suffix not in CONTENT_TYPES:
        sys.exit(f"embed_page: {path}: no content type is known for '{suffix}'; embed_page.py has the list")
    packed = gzip.compress(data, 9, mtime=0)
    packed = packed if len(packed) < len(data) * 0.9 else b""
    definitions = "".join(f"constexpr char {name}_{number}[] =\n{literal(bytes_)};\n"
                          for name, bytes_ in (("plain", data), ("gzip", packed)))
    digest = hashlib.sha256(data).hexdigest()[:24]
    return definitions, (f'    {{"{path}", "{CONTENT_TYPES[suffix]}", {{plain_{number}, {len(data)}}}, '
                         f'{{gzip_{number}, {len(packed)}}}, "{digest}", {str(bool(HASHED.match(path))).lower()}}},')


def contents(folder: pathlib.Path, names: list[str]) -> dict[str, bytes]:
    files = {}
    for name in sorted(names):
        path = "/" + pathlib.Path(name).relative_to(folder).as_posix()
        if not re.fullmatch(r"(/[A-Za-z0-9_.-]+)+", path):
            sys.exit(f"embed_page: '{path}': a path has letters, digits, '_', '.' and '-' only")
        if not path.endswith(".map"):
            files["/" if path == "/index.html" else path] = pathlib.Path(name).read_bytes()
    return files if "/" in files else {"/": ABSENT}


def main() -> None:
    out, folder, names = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:]
    entries = [entry(number, path, data) for number, (path, data) in enumerate(contents(folder, names).items())]
    out.write_text("\n".join([
        "// Made by embed_page.py.", '#include "serve/page.h"', "#include <span>", "namespace fabula::serve {", "namespace {",
        *(definitions for definitions, _ in entries), "constexpr PageFile files[] = {", *(line for _, line in entries), "};",
        "}  // namespace", "std::span<const PageFile> page_files() { return files; }", "}  // namespace fabula::serve", ""]))


main()
