"""A module as Core ML package, ONNX twin and, of the package, smaller ones."""
import numpy as np
import torch

ONNX_OPSET = 17  # the first with LayerNormalization


def to_core_ml(spec, module, inputs, path):
    import coremltools as ct
    dtypes = {"fp32": np.float32, "int32": np.int32}
    traced = torch.jit.trace(module, inputs, check_trace=False)
    model = ct.convert(
        traced,
        inputs=[ct.TensorType(name=feature.name, shape=feature.shape, dtype=dtypes[feature.dtype]) for feature in spec.inputs],
        outputs=[ct.TensorType(name=name, dtype=np.float32) for name in spec.outputs],
        convert_to="mlprogram",
        compute_precision=ct.precision.FLOAT16,
        minimum_deployment_target=ct.target.iOS17,
        skip_model_load=True,
    )
    model.short_description = spec.title
    model.save(str(path))
    return model


def to_onnx(spec, module, inputs, path):
    torch.onnx.export(
        module, inputs, str(path), dynamo=False, opset_version=ONNX_OPSET, do_constant_folding=True,
        input_names=[feature.name for feature in spec.inputs], output_names=list(spec.outputs),
    )


def smaller(model, how):
    """`int8`: linear, symmetric, a scale per output channel. `pal4`: 16 values per tensor, found by k-means."""
    import coremltools.optimize.coreml as cto
    if how == "int8":
        config = cto.OpLinearQuantizerConfig(mode="linear_symmetric", dtype="int8", granularity="per_channel")
        return cto.linear_quantize_weights(model, cto.OptimizationConfig(global_config=config))
    config = cto.OpPalettizerConfig(mode="kmeans", nbits=4, num_kmeans_workers=1)
    return cto.palettize_weights(model, cto.OptimizationConfig(global_config=config))
