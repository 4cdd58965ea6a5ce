#!/usr/bin/env python3
# SPDX-License-Identifier: 0BSD
"""usage: make_wheel.py BUILT_PACKAGE FOLDER

Makes the wheel (PEP 427) of a package that CMake built, for the Python that runs this, and prints its path. Needs nothing but
that Python: no build tools are fetched, and none have to be installed.
"""
import base64
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def version() -> str:
    found = re.search(r"project\(fabula VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())
    if not found:
        sys.exit("make_wheel: CMakeLists.txt names no version")
    return found[1]


def stripped(module: pathlib.Path, folder: pathlib.Path) -> bytes:
    """The module without symbols for a debugger, where there is a strip."""
    copy = folder / module.name
    shutil.copy(module, copy)
    if strip := shutil.which("strip"):
        subprocess.run([strip, "--strip-unneeded", copy], check=True)
    return copy.read_bytes()


def record_line(name: str, content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(content)}\n"


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    package, folder = map(pathlib.Path, sys.argv[1:])
    module = package / f"_fabula{sysconfig.get_config_var('EXT_SUFFIX')}"
    if not module.exists():
        sys.exit(f"make_wheel: {module} is not there: build it with  ./run python --python {sys.executable}")
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    platform = re.sub(r"[-.]", "_", sysconfig.get_platform())
    info = f"fabula-{version()}.dist-info"
    files: dict[str, bytes] = {}
    for path in sorted(package.iterdir()):
        if path.suffix in (".py", ".pyi") or path.name == "py.typed":
            files[f"fabula/{path.name}"] = path.read_bytes()
    with tempfile.TemporaryDirectory() as scratch:
        files[f"fabula/{module.name}"] = stripped(module, pathlib.Path(scratch))
    files[f"{info}/METADATA"] = (
        f"Metadata-Version: 2.1\nName: fabula\nVersion: {version()}\nSummary: Stories with language models on your own machine\n"
        "License: 0BSD\nRequires-Python: >=3.9\nProvides-Extra: notebook\nRequires-Dist: ipywidgets; extra == 'notebook'\n"
        "Requires-Dist: ipykernel; extra == 'notebook'\nRequires-Dist: pandas; extra == 'notebook'\n"
        "Description-Content-Type: text/markdown\n\n" + (ROOT / "python/README.md").read_text()).encode()
    files[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: fabula\nRoot-Is-Purelib: false\nTag: {python}-{python}-{platform}\n".encode()
    files[f"{info}/LICENSE"] = (ROOT / "LICENSE").read_bytes()
    record = "".join(record_line(name, content) for name, content in files.items()) + f"{info}/RECORD,,\n"
    files[f"{info}/RECORD"] = record.encode()

    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / f"fabula-{version()}-{python}-{python}-{platform}.whl"
    part = wheel.with_suffix(".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))  # the same bytes each time
            entry.external_attr = (0o755 if name.endswith(".so") else 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    os.replace(part, wheel)
    print(wheel)


if __name__ == "__main__":
    main()
