"""One file per model; each defines MODEL."""
import importlib

NAMES = ("resnet50", "mobilenetv3", "distilbert", "bert", "whisper_encoder", "fastvit", "depth_anything", "detr")


def find(name):
    return importlib.import_module(f"{__name__}.{name}").MODEL
