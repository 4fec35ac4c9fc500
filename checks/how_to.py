#!/usr/bin/env python3
"""Does what docs/how-to/add-an-operation.md says, in a copy of the tree, and runs the test it ends with.

Usage: checks/how_to.py BUILD_FOLDER     (works below BUILD_FOLDER/how_to; exit code 1 with the output if a step fails)
"""
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "how-to" / "add-an-operation.md"
# The copy has the rooms an operation stands on and one operation beside the new one, so that it builds in seconds.
ROOMS = ("base", "tensor", "program")


def run(command, cwd):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"how_to: {' '.join(map(str, command))} failed\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return done.stdout


def main():
    work = pathlib.Path(sys.argv[1]).resolve() / "how_to"
    work.mkdir(parents=True, exist_ok=True)
    tree = work / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    for folder in ("cmake", "include"):
        shutil.copytree(ROOT / folder, tree / folder)
    for room in ROOMS:
        shutil.copytree(ROOT / "src" / room, tree / "src" / room)
    for header in (ROOT / "src").rglob("*.h"):
        target = tree / header.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(header, target)
    shutil.copytree(ROOT / "src" / "ops" / "support", tree / "src" / "ops" / "support", dirs_exist_ok=True)
    shutil.copy(ROOT / "src" / "ops" / "const.cpp", tree / "src" / "ops")
    for folder in ("support", "install"):
        shutil.copytree(ROOT / "tests" / folder, tree / "tests" / folder)
    shutil.copy(ROOT / "tests" / "CMakeLists.txt", tree / "tests")
    shutil.copy(ROOT / "CMakeLists.txt", tree)

    listings = re.findall(r"^## \d\. [^`\n]*`([^`]+)`$.*?^```cpp\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    if [name for name, _ in listings] != ["src/ops/softcap.cpp", "tests/ops/softcap_test.cpp"]:
        sys.exit(f"how_to: expected the two listings of the page, found {[name for name, _ in listings]}")
    for name, text in listings:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text, encoding="utf-8")

    build = work / "build"
    run(["cmake", "-S", tree, "-B", build, "-G", "Ninja", "-DWINDFALL_DEVELOPER=ON", "-DCMAKE_BUILD_TYPE=Debug"], work)
    run(["cmake", "--build", build, "--target", "ops_tests"], work)
    output = run([build / "tests" / "ops_tests", "--gtest_filter=Softcap.*"], work)
    if "[  PASSED  ] 2 tests." not in output:
        sys.exit(f"how_to: the test did not run\n{output}")
    print("how_to: the page's operation builds from its one source file and passes its one test")


if __name__ == "__main__":
    sys.exit(main())
