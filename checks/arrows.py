#!/usr/bin/env python3
"""Data flows one way through the rooms: fails on an #include that points backwards.

Usage: checks/arrows.py            (from anywhere; exit code 1 and a line per wrong arrow)
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Each room and the rooms it may include (besides itself). A room that is not here is an error: name it, deliberately.
SEES = {
    "base": set(),
    "tensor": {"base"},
    "program": {"base", "tensor"},
    "kernels": {"base", "tensor"},
    "ops": {"base", "tensor", "program"},
    "classic": {"base", "tensor", "program"},
    "formats": {"base", "tensor", "program", "ops", "classic", "proto"},
    "passes": {"base", "tensor", "program", "ops"},
    "plan": {"base", "tensor", "program", "ops", "kernels", "passes"},
    "engine": {"base", "tensor", "program", "ops", "kernels", "passes", "plan"},
    "bridge": {"base", "tensor"},
    "runtime": {"base", "tensor", "program", "ops", "classic", "formats", "engine", "bridge"},
    "lab": {"base", "tensor", "program", "ops", "classic", "formats", "engine", "runtime"},
    "api": {"base", "tensor", "program", "ops", "classic", "formats", "engine", "runtime", "windfall"},
    "python": {"base", "tensor", "program", "ops", "formats", "runtime", "lab"},  # python/src, which pip builds
    "proto": set(),
    "windfall": set(),  # include/windfall: the public headers stand alone
}
INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([a-z_0-9]+)/', re.MULTILINE)
SYSTEM = {"sys", "mach", "fmt", "hwy", "nlohmann", "CLI", "gtest", "gmock", "nanobind"}


def rooms():
    for folder, room_of in ((ROOT / "src", None), (ROOT / "proto", "proto"), (ROOT / "include", "windfall"),
                            (ROOT / "python" / "src", "python")):
        for path in sorted(folder.rglob("*")):
            if path.suffix in {".h", ".hpp", ".cpp", ".mm"}:
                yield path, room_of or path.relative_to(folder).parts[0]


def main():
    wrong, seen = [], 0
    for path, room in rooms():
        if room not in SEES:
            wrong.append(f"{path.relative_to(ROOT)}: room '{room}' is not known to checks/arrows.py")
            continue
        for target in INCLUDE.findall(path.read_text(encoding="utf-8")):
            seen += 1
            if target in SYSTEM or target == room:
                continue
            if target not in SEES[room]:
                wrong.append(f"{path.relative_to(ROOT)}: '{room}' may not include '{target}'")
    print("\n".join(wrong) if wrong else f"arrows: {seen} includes, all forward")
    return 1 if wrong or not seen else 0


if __name__ == "__main__":
    sys.exit(main())
