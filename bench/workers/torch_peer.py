"""PyTorch: the module the twin was exported from, with the same weights, eager or compiled."""
import json
import os
import pathlib
import sys

# Its compiled code goes where the driver can forget it.
os.environ.update(TORCHINDUCTOR_CACHE_DIR=os.environ["WORKER_CACHE"], HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")

import torch  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "models"))


class Torch:
    def __init__(self, compiled):
        self.compiled = compiled

    @staticmethod
    def version():
        return torch.__version__

    @torch.inference_mode()
    def load(self, path, inputs, threads):
        import architectures
        from safetensors.torch import load_file
        torch.set_num_threads(threads)
        folder = pathlib.Path(path)
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        spec = architectures.find(manifest["model"].partition("-")[0])
        network = spec.network()
        network.load_state_dict(load_file(folder / manifest["files"]["weights"]))
        self.module = spec.for_inference(network.eval())
        self.names = spec.outputs
        self.inputs = [torch.from_numpy(inputs[feature.name]) for feature in spec.inputs]
        if self.compiled:
            self.module = torch.compile(self.module, dynamic=False)
            self.run()  # it compiles at the first call

    @torch.inference_mode()
    def run(self):
        self.answer = self.module(*self.inputs)

    def outputs(self):
        tensors = self.answer if isinstance(self.answer, (tuple, list)) else (self.answer,)
        return {name: tensor.contiguous().numpy() for name, tensor in zip(self.names, tensors)}
