"""OpenVINO on the CPU, once in Float32 and once in the precision it chooses itself (bfloat16 where the machine has it)."""
import numpy as np
import openvino


class OpenVino:
    def __init__(self, default_precision):
        self.properties = {} if default_precision else {"INFERENCE_PRECISION_HINT": "f32"}

    @staticmethod
    def version():
        return openvino.__version__.split("-")[0]

    def load(self, path, inputs, threads):
        core = openvino.Core()
        self.compiled = core.compile_model(
            path, "CPU", {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, **self.properties})
        self.request = self.compiled.create_infer_request()
        # A port has several names once operations behind it were fused away; any one of them may not be the model's.
        self.inputs = {port: inputs[next(name for name in port.get_names() if name in inputs)] for port in self.compiled.inputs}

    def run(self):
        self.request.infer(self.inputs, share_inputs=True, share_outputs=True)

    def outputs(self):
        return {name: np.array(self.request.get_tensor(port).data)
                for port in self.compiled.outputs for name in port.get_names()}
