"""Weights: from a file, else seeded random ones under which activations neither vanish nor explode."""
import math
import pathlib

import torch
from torch import nn

SMALLEST_SPREAD, LARGEST = 1e-3, 1e4  # of an output that shows whether an engine computes right, also in Float16

QUERIES_AND_KEYS = ("query", "key", "q_proj", "k_proj", "q_lin", "k_lin")
SHARPNESS = 1.3  # of attention: weighing all tokens alike would make them all the same after some layers
ENDS_OF_BRANCHES = ("bn3", "out_proj", "out_lin", "lin2", "fc2", "output.dense")
# What a residual branch adds is small beside what passes by it, as in trained networks: with 1, each block would
# multiply rounding errors.
BRANCH = 0.35
# Biases of batch norms: means that differ between channels, as trained ones do, are what a head can tell apart even in
# bfloat16.
CHANNELS_DIFFER = 0.5


def read_weights(path):
    path = pathlib.Path(path)
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file
        return load_file(path)
    return torch.load(path, map_location="cpu", weights_only=True)


def load_weights(network, path, prefix=""):
    weights = read_weights(path)
    if prefix and any(name.startswith(prefix) for name in weights):
        weights = {name[len(prefix):]: value for name, value in weights.items() if name.startswith(prefix)}
    missing, unexpected = network.load_state_dict(weights, strict=False)
    if missing:
        raise SystemExit(f"{path}: {len(missing)} parameters are missing, first {missing[0]}; "
                         f"{len(unexpected)} are not of this architecture, first {(unexpected or ['-'])[0]}")


def is_normalisation(module):
    return getattr(module, "running_mean", None) is not None or isinstance(module, (nn.LayerNorm, nn.GroupNorm))


def gain(module, path):
    """1 keeps the scale; He's gain is for the rectifiers that follow convolutions."""
    base = 1.0 if isinstance(module, nn.Linear) or is_normalisation(module) else math.sqrt(2.0)
    return base * (BRANCH if path.endswith(ENDS_OF_BRANCHES) else SHARPNESS if path.endswith(QUERIES_AND_KEYS) else 1.0)


@torch.no_grad()
def randomise(network, seed):
    """Fan-in scaling; norms differ per channel, so that folding them is work; layer scales are far from zero."""
    generator = torch.Generator().manual_seed(seed)

    def normal(tensor, spread):
        tensor.copy_(torch.randn(tensor.shape, generator=generator) * spread)

    def uniform(tensor, low, high):
        tensor.copy_(torch.rand(tensor.shape, generator=generator) * (high - low) + low)

    for path, module in network.named_modules():
        own = dict(module.named_parameters(recurse=False))
        if is_normalisation(module):
            # Of the module, not of its parameters: frozen batch norms have buffers.
            uniform(module.weight, 0.8 * gain(module, path), 1.2 * gain(module, path))
            normal(module.bias, 0.1 if isinstance(module, nn.LayerNorm) else CHANNELS_DIFFER)
            continue
        if isinstance(module, nn.Embedding) and not module.weight.requires_grad:
            continue  # a table that is not learnt, as Whisper's sines
        for name, parameter in own.items():
            if name == "gamma" or "lambda" in name or "layer_scale" in name:
                uniform(parameter, 0.1, 0.5)
            elif isinstance(module, nn.Embedding) or parameter.ndim < 2 or "position" in name or "token" in name:
                normal(parameter, 0.05 if name == "bias" else 1.0)
            else:
                transposed = isinstance(module, nn.ConvTranspose2d)
                inputs = parameter.shape[0] if transposed else parameter[0].numel()
                normal(parameter, gain(module, path) / math.sqrt(inputs))
                # Rectified values are positive: without this, their mean would drown in all later layers what differs.
                if inputs >= 16 and not transposed:
                    parameter.sub_(parameter.mean(tuple(range(1, parameter.ndim)), keepdim=True))


@torch.no_grad()
def calibrate_batch_norms(module, inputs):
    """One prediction, in which every batch norm first takes the statistics of what reaches it."""
    def take(norm, arguments):
        dims = [0, *range(2, arguments[0].ndim)]
        norm.running_mean.copy_(arguments[0].mean(dims))
        norm.running_var.copy_(arguments[0].var(dims).clamp_min(1e-3))

    hooks = [part.register_forward_pre_hook(take) for part in module.modules()
             if getattr(part, "running_mean", None) is not None]
    module.eval()(*inputs)
    for hook in hooks:
        hook.remove()


@torch.no_grad()
def round_to_fp16(network):
    """What the Core ML package cannot hold goes before, so that the twin has the same weights."""
    for tensor in network.state_dict().values():
        if tensor.is_floating_point():
            tensor.copy_(tensor.half().float())


@torch.no_grad()
def check_outputs(module, draws):
    """The outputs' facts, or a refusal where random weights made a model that would prove nothing."""
    first, second = ([output.double() for output in as_tuple(module(*inputs))] for inputs in draws)
    facts = []
    for one, other in zip(first, second):
        rms, spread = one.square().mean().sqrt().item(), one.std().item()
        moved = (one - other).square().mean().sqrt().item()
        if not (math.isfinite(rms) and rms < LARGEST and spread > SMALLEST_SPREAD and moved > SMALLEST_SPREAD * rms):
            raise SystemExit(f"an output is of no use: rms {rms:.3g}, spread {spread:.3g}, from another input {moved:.3g}")
        facts.append({"rms": rms, "spread": spread, "moved_by_other_input": moved})
    return facts


def as_tuple(outputs):
    return tuple(outputs) if isinstance(outputs, (tuple, list)) else (outputs,)
