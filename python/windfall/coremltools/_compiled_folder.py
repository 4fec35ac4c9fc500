"""`.mlmodelc` folders as Windfall makes them: the model's message, `model.mlmodel`, with its weight files beside it.

Nothing is compiled ahead of time yet; the folder is a copy of the model that coremltools may move about. Of an ML
program it holds the text too, `model.mil`, where tools look for it in a compiled model.
"""
import json
import os
import pathlib
import shutil
import tempfile

from .. import _core
from ..errors import BadModel, InvalidArgument, NotFound

MESSAGE = "model.mlmodel"


def is_compiled(path):
    return os.fspath(path).rstrip("/").endswith(".mlmodelc")


def _package_items(package):
    """The path of the package's model message, and those of its other items."""
    try:
        manifest = json.loads((package / "Manifest.json").read_text(encoding="utf-8"))
        items = {key: package / "Data" / item["path"] for key, item in manifest["itemInfoEntries"].items()}
        return items.pop(manifest["rootModelIdentifier"]), list(items.values())
    except (KeyError, TypeError, ValueError) as error:
        raise BadModel(f"{package}: Manifest.json does not say where the model is: {error!r}") from error


def _copy(source, target):
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    elif source.exists():
        shutil.copyfile(source, target)


def _new_folder(stem):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="windfall_")) / (stem + ".mlmodelc")
    folder.mkdir()
    return folder


def link_model(path):
    """The same as compile_model() for a model of one file, by a hard link; None where the system makes none.

    coremltools deletes the file it has converted to as soon as it is loaded, and may ask for the compiled model later.
    """
    folder = _new_folder(pathlib.Path(path).stem)
    try:
        os.link(path, folder / MESSAGE)
    except OSError:
        shutil.rmtree(folder.parent)
        return None
    return os.fspath(folder)


def compile_model(path):
    """A new temporary `.mlmodelc` that holds the model at `path`; whoever asked for it owns it and its parent folder.

    Raises windfall.Error if the model cannot be read.
    """
    source = pathlib.Path(path)
    _core.describe(os.fspath(source), "")  # what is no model is not copied
    folder = _new_folder(source.stem)
    if not source.is_dir():
        _copy(source, folder / MESSAGE)
        return os.fspath(folder)
    message, others = _package_items(source)
    for item in others:
        _copy(item, folder / item.name)
    _copy(message, folder / MESSAGE)
    text = _core.program_text(os.fspath(source))
    if text:
        (folder / "model.mil").write_text(text, encoding="utf-8")
    return os.fspath(folder)


def write_folder(message, blobs):
    """A new temporary `.mlmodelc` made of a model message and its weight files, by the paths the message names."""
    folder = _new_folder("model")
    (folder / MESSAGE).write_bytes(message)
    for name, content in blobs.items():
        target = folder / name
        if not target.resolve().is_relative_to(folder.resolve()) or target.name == MESSAGE:
            shutil.rmtree(folder.parent)
            raise InvalidArgument(f"the blob path {name!r} does not lie inside the model")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return os.fspath(folder)


def require_compiled(path):
    """`path` if it is a compiled model; an error that says what else it is, otherwise."""
    if not os.path.exists(path):
        raise NotFound(f"{path}: no such folder")
    if not is_compiled(path):
        raise InvalidArgument(f"{path} is not a compiled model",
                              "compile it with coremltools.models.utils.compile_model, or take get_compiled_model_path()")
    return os.fspath(path)


def remove(folder):
    """Removes a folder made by compile_model() or write_folder(), and the temporary folder it lies in."""
    shutil.rmtree(os.path.dirname(folder), ignore_errors=True)
