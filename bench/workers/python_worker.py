"""Starts the worker of a peer that has a Python interface: python_worker.py PEER INPUT.safetensors THREADS"""
import sys

import protocol


def find(name):
    if name == "onnxruntime":
        from onnxruntime_peer import OnnxRuntime
        return OnnxRuntime()
    if name in ("openvino", "openvino-default"):
        from openvino_peer import OpenVino
        return OpenVino(default_precision=name.endswith("default"))
    if name in ("torch", "torch-compiled"):
        from torch_peer import Torch
        return Torch(compiled=name.endswith("compiled"))
    raise SystemExit(f"no peer {name}")


if __name__ == "__main__":
    protocol.serve(find(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
