"""Who takes part: how a peer's worker is started, and which of a model's files it reads."""
import dataclasses
import os
import pathlib
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
CARGO_TARGET = ROOT / "build" / "bench" / "cargo"


@dataclasses.dataclass(frozen=True)
class Peer:
    name: str
    about: str  # what of it is measured, for the report
    reads: str  # "package", "onnx" or "folder"
    command: tuple  # {input} and {threads} are filled in


def worker_python(name, *arguments):
    """Peers' interpreters: .venv-bench, and .venv-models for PyTorch, which needs what the models were made with."""
    return os.environ.get(f"WINDFALL_{name.upper()}_PYTHON") or str(ROOT / f".venv-{name}" / "bin" / "python")


def python_peer(name, environment, about, reads):
    script = str(HERE / "workers" / "python_worker.py")
    return Peer(name, about, reads, (worker_python(environment), script, name, "{input}", "{threads}"))


def rust_peer(name, about, reads):
    return Peer(name, about, reads, (str(CARGO_TARGET / "release" / f"{name}-worker"), "{input}"))


def ours(worker, name, engine, about):
    return Peer(name, about, "package", (str(worker), engine, "{input}"))


def all_peers(worker, engine):
    return (
        ours(worker, "windfall", engine, f"engine {engine}"),
        ours(worker, "windfall-bf16", f"{engine}:bf16", "bfloat16 by consent"),
        python_peer("onnxruntime", "bench", "CPU provider, Float32", "onnx"),
        python_peer("openvino", "bench", "Float32", "onnx"),
        python_peer("openvino-default", "bench", "the precision it chooses", "onnx"),
        python_peer("torch", "models", "eager", "folder"),
        python_peer("torch-compiled", "models", "torch.compile", "folder"),
        rust_peer("tract", "Float32", "onnx"),
        rust_peer("candle", "Float32", "folder"),
    )


NOT_TAKING_PART = {
    "litert": "it reads neither ONNX nor Core ML; its converter, litert-torch, brings JAX and a second PyTorch",
}


def why_not(peer):
    """Why a peer cannot be started here, or None."""
    program = pathlib.Path(peer.command[0])
    if program.exists() or shutil.which(str(program)):
        return None
    built_with_cargo = CARGO_TARGET in program.parents
    return "there is no cargo here to build it with" if built_with_cargo and not shutil.which("cargo") else "not set up"


def build_rust_peers(names):
    """Compiles the workers of `names`; where there is no cargo they do not take part."""
    for name in ("tract", "candle"):
        if name in names and shutil.which("cargo"):
            build_rust(f"{name}-worker")


def build_rust(package):
    """Compiles a program of peers/ for this very machine; the first time takes minutes."""
    variables = {**os.environ, "CARGO_TARGET_DIR": str(CARGO_TARGET), "RUSTFLAGS": "-C target-cpu=native"}
    command = ["cargo", "build", "--release", "--locked", "--quiet", "-p", package]
    subprocess.run(command, cwd=HERE / "peers", env=variables, check=False)
