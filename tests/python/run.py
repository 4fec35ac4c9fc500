"""Runs the tests of the Python package; exit code 77 (skipped) where what they need is missing."""
import importlib.util
import pathlib
import subprocess
import sys

NEEDED = ("pytest", "numpy", "coremltools", "PIL")


def main():
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        print(f"skipped: {sys.executable} has no {', '.join(missing)}")
        return 77
    folder = pathlib.Path(__file__).resolve().parent
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder, *sys.argv[1:]]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
