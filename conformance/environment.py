"""The virtual environments of the suite, and our wheel in them."""
import hashlib
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
# What the wheel is made of: when none of it changed, the installed wheel is kept.
WHEEL_SOURCES = ("CMakeLists.txt", "cmake", "include", "proto", "pyproject.toml", "python", "src")


def say(text):
    print(f"==> {text}", file=sys.stderr, flush=True)


def fingerprint_of_sources():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *WHEEL_SOURCES],
        cwd=ROOT, capture_output=True, check=True,
    ).stdout
    digest = hashlib.sha1()
    for name in sorted(set(listed.decode().split("\0"))):
        path = ROOT / name
        if name and path.is_file():
            digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def python_with_everything(slice_only, package):
    """The interpreter the suite runs with; makes its environment when needed. Our wheel goes into it, unless `package`
    is the folder of a built windfall package.

    WINDFALL_CONFORMANCE_PYTHON names one that is ready, with windfall importable: nothing is installed into it.
    """
    ready_made = os.environ.get("WINDFALL_CONFORMANCE_PYTHON")
    if ready_made:
        return ready_made
    folder = ROOT / (".venv-conformance-slice" if slice_only else ".venv-conformance")
    requirements = HERE / ("requirements-slice.txt" if slice_only else "requirements.txt")
    python = folder / "bin" / "python"
    stamp = folder / "requirements-installed"
    wanted = requirements.read_text(encoding="utf-8")
    if not (stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted):
        size = "about 150 MB" if slice_only else "about 3 GB, most of it PyTorch and its CUDA libraries"
        say(f"making {folder.name} ({size} of wheels; once)")
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip_install(python, "-r", requirements)
        stamp.write_text(wanted, encoding="utf-8")
    if not package:
        install_wheel(python, folder / "wheel-installed")
    return str(python)


def install_wheel(python, stamp):
    fingerprint = fingerprint_of_sources()
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == fingerprint:
        return
    say("building our wheel and installing it")
    pip_install(python, "--force-reinstall", "--no-deps", ROOT)
    stamp.write_text(fingerprint, encoding="utf-8")


def pip_install(python, *what):
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *what]
    if subprocess.run(list(map(str, command)), check=False).returncode != 0:
        raise SystemExit("conformance: pip could not install what the suite needs (its words are above)")


def coremltools_folder(python):
    """Found without importing it: that takes seconds."""
    code = "import importlib.util as u; print(u.find_spec('coremltools').submodule_search_locations[0])"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"conformance: {python} has no coremltools")
    return pathlib.Path(done.stdout.strip())
