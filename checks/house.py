#!/usr/bin/env python3
"""House rules a compiler does not see: sizes of files, an operation's test, nothing generated committed.

Usage: checks/house.py             (exit code 1 and a line per finding)
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE = {".h", ".hpp", ".cpp", ".mm", ".py"}
MAX_LINES, MAX_BYTES, MAX_TOTAL = 800, 5 << 20, 40 << 20


def main():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    files = [ROOT / name for name in listed.decode().split("\0") if name and (ROOT / name).is_file()]
    findings, total = [], 0
    for path in files:
        name, size = path.relative_to(ROOT), path.stat().st_size
        total += size
        if size > MAX_BYTES:
            findings.append(f"{name}: {size >> 20} MB, at most {MAX_BYTES >> 20}")
        if path.suffix in SOURCE:
            text = path.read_text(encoding="utf-8")
            if text.count("\n") > MAX_LINES:
                findings.append(f"{name}: {text.count(chr(10))} lines, at most {MAX_LINES}")
            if re.search(r"\b(TODO|FIXME|XXX)\b", text) and path != pathlib.Path(__file__).resolve():
                findings.append(f"{name}: an unfinished note; do it, or open an issue")
    if total > MAX_TOTAL:
        findings.append(f"the repository holds {total >> 20} MB, at most {MAX_TOTAL >> 20}")

    # An operation without a test that names it is not done.
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*_test.cpp"))
    for path in sorted((ROOT / "src" / "ops").glob("*.cpp")):
        for op in re.findall(r'\.name = "([a-z0-9_]+)"', path.read_text(encoding="utf-8")):
            if f'"{op}"' not in tests:
                findings.append(f"{path.relative_to(ROOT)}: no test names operation '{op}'")
    print("\n".join(findings) if findings else f"house: {len(files)} files, {total >> 10} KiB, no findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
