#!/usr/bin/env python3
"""The C interface against its stored baseline: exported symbols, the library's name, and every signature.

Usage: checks/abi.py LIBRARY HEADERS [--update]

HEADERS is the folder that holds windfall/. Functions may be added (--update writes the new baseline down); none may go or
change without a new ABI number. Signatures are compared by abidiff (package abigail-tools), on a library of empty functions
made from the headers, so that no debug information of the real one is needed; where abidiff is absent, that is said and the
rest is checked. Exit code 1 and a line per finding.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BASELINE = pathlib.Path(__file__).resolve().parent / "abi"
HEADERS = ("windfall/coreml_bridge.h", "windfall/windfall.h")
PROTOTYPE = re.compile(r"WINDFALL_API\s+(?:WINDFALL_CHECKED\s+)?([^;{]+?)\s*;", re.DOTALL)
NAME = re.compile(r"\b((?:coreml|windfall)_\w+)\s*\(")


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def exported(library):
    """C symbols with their versions, and every other symbol."""
    ours, others = [], []
    for line in run("nm", "-D", "--defined-only", "--with-symbol-versions", library).splitlines():
        kind, symbol = line.split()[-2:]
        if kind == "A":  # the versions themselves
            continue
        (ours if re.match(r"(coreml|windfall)_", symbol) else others).append(symbol)
    return sorted(ours), others


def prototypes(folder):
    for header in HEADERS:
        text = re.sub(r"/\*.*?\*/", "", (folder / header).read_text(encoding="utf-8"), flags=re.DOTALL)
        for prototype in PROTOTYPE.findall(text):
            yield NAME.search(prototype)[1], " ".join(prototype.split())


def signatures(folder, scratch):
    """abidw's description of a library with these functions, all empty."""
    source = "".join(f"#include <{header}>\n" for header in HEADERS)
    source += "".join(f"{prototype} {{ __builtin_trap(); }}\n" for _, prototype in prototypes(folder))
    (scratch / "interface.c").write_text(source, encoding="utf-8")
    library = scratch / "interface.so"
    run("cc", "-std=c99", "-g", "-gno-record-gcc-switches", "-w", "-fPIC", "-shared", f"-I{folder}",
        f"-ffile-prefix-map={folder}=include", f"-ffile-prefix-map={scratch}=.", "-Wl,-soname,interface.so",
        str(scratch / "interface.c"), "-o", str(library))
    out = scratch / "interface.abi"
    run("abidw", "--no-corpus-path", "--no-comp-dir-path", "--no-show-locs", str(library), "--out-file", str(out))
    return out


def main():
    arguments = [each for each in sys.argv[1:] if each != "--update"]
    if len(arguments) != 2:
        print(__doc__)
        return 2
    update = "--update" in sys.argv
    library, folder = arguments[0], pathlib.Path(arguments[1])
    findings = []

    symbols, others = exported(library)
    declared = dict(prototypes(folder))
    names = {symbol.split("@")[0] for symbol in symbols}
    findings += [f"{name} is declared but not exported" for name in sorted(declared.keys() - names)]
    findings += [f"{name} is exported but not declared" for name in sorted(names - declared.keys())]
    for symbol, plain in zip(others, run("c++filt", *[each.split("@")[0] for each in others]).splitlines()):
        findings.append(f"{plain} ({symbol}) leaves the library, which exports C alone")

    number = re.search(r"#define WINDFALL_ABI (\d+)", (folder / HEADERS[1]).read_text(encoding="utf-8"))[1]
    if f"[libwindfall.so.{number}]" not in run("readelf", "-d", library):
        findings.append(f"the library's name is not libwindfall.so.{number}, as WINDFALL_ABI says")

    stored_symbols, stored_signatures = BASELINE / "symbols.txt", BASELINE / "signatures.abi"
    with tempfile.TemporaryDirectory() as scratch:
        tools = shutil.which("abidw") and shutil.which("abidiff") and shutil.which("cc")
        made = signatures(folder, pathlib.Path(scratch)) if tools else None
        if update:
            stored_symbols.write_text("\n".join(symbols) + "\n", encoding="utf-8")
            if made:
                shutil.copy(made, stored_signatures)
        before = stored_symbols.read_text(encoding="utf-8").split()
        findings += [f"{symbol} is gone" for symbol in before if symbol not in symbols]
        findings += [f"{symbol} is new: write it down with --update" for symbol in symbols if symbol not in before]
        if made:
            difference = subprocess.run(["abidiff", str(stored_signatures), str(made)], capture_output=True, text=True)
            if difference.returncode != 0:
                findings.append(difference.stdout.strip() or difference.stderr.strip())
        else:
            print("abi: abidiff is absent (package abigail-tools): signatures are not compared")
    print("\n".join(findings) if findings else f"abi: {len(symbols)} functions as written down")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
