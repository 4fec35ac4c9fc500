"""The exact answer to a model's input: what each peer's answer is held against.

Ours reads the package: its truth is the exact reading of our reference engine. The others read the twin: theirs was computed
in double precision when it was made. Both must be the same model, which is checked."""
import hashlib
import subprocess

import numpy as np

import measures

SAME_MODEL = 0.05  # a twin further off than this, relative to the output's scale, is no twin


def fingerprint(folder):
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def of_package(windfall, package, input_file, cache):
    """Computed once: plain loops in double take minutes for the large models."""
    cache.mkdir(parents=True, exist_ok=True)
    kept = cache / f"{package.stem}-{fingerprint(package)}.npz"
    if not kept.is_file():
        command = [windfall, "run", package, "--input", input_file, "--engine", "reference:exact", "--output", kept]
        done = subprocess.run(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            kept.unlink(missing_ok=True)
            raise SystemExit(f"bench: the reference engine cannot run {package.name}: {done.stderr.strip()}")
    return dict(np.load(kept))


def of_twin(file):
    return dict(np.load(file))


def check_same_model(name, package_answer, twin_answer, has_compressed_weights):
    """How far the twin is from the package; with compressed weights they differ by what the compression costs."""
    distance = measures.error(twin_answer, package_answer)
    if distance["l_inf"] > SAME_MODEL and not has_compressed_weights:
        raise SystemExit(f"bench: {name}'s twin is another model: it is off by {distance['l_inf']:.3g} of the scale")
    return distance
