"""ONNX Runtime, its CPU provider with every optimisation it has by default."""
import onnxruntime


class OnnxRuntime:
    @staticmethod
    def version():
        return onnxruntime.__version__

    def load(self, path, inputs, threads):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.names = [output.name for output in self.session.get_outputs()]
        wanted = {value.name for value in self.session.get_inputs()}
        self.inputs = {name: array for name, array in inputs.items() if name in wanted}

    def run(self):
        self.arrays = self.session.run(self.names, self.inputs)

    def outputs(self):
        return dict(zip(self.names, self.arrays))
