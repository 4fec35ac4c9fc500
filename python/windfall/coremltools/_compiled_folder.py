"""`.mlmodelc` folders that Windfall makes: the model's own files inside a folder, which its reader opens again."""
import os
import pathlib
import shutil
import tempfile


def is_compiled(path):
    return str(path).rstrip("/").endswith(".mlmodelc")


def compile_model(path):
    """A new temporary `.mlmodelc` that holds the model at `path`; whoever asked for it owns it."""
    source = pathlib.Path(path)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="windfall_")) / (source.stem + ".mlmodelc")
    folder.mkdir()
    inner = folder / ("source.mlpackage" if source.is_dir() else "source.mlmodel")
    if source.is_dir():
        shutil.copytree(source, inner)
    else:
        shutil.copyfile(source, inner)
    return os.fspath(folder)
