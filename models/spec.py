"""What an architecture file says about its model."""
import dataclasses
from typing import Callable

import torch
from torch import nn


def picture(shape, generator):
    """As much variation at every scale, as photographs have: white noise would be averaged away by the first layers."""
    total = torch.zeros(shape)
    side = 2
    while side < shape[-1]:
        grid = torch.randn((*shape[:2], side, side), generator=generator)
        total += nn.functional.interpolate(grid, size=shape[2:], mode="bilinear", align_corners=False)
        side *= 2
    return total / total.std()


@dataclasses.dataclass(frozen=True)
class Feature:
    """An input of fixed shape. `dtype` is "fp32" or "int32"; whole numbers are drawn from `low` to below `high`."""

    name: str
    shape: tuple
    dtype: str = "fp32"
    low: int = 0
    high: int = 1

    def draw(self, generator, batch=1):
        shape = (batch, *self.shape[1:])
        if self.dtype == "int32":
            return torch.randint(self.low, self.high, shape, generator=generator, dtype=torch.int32)
        return picture(shape, generator) if len(shape) == 4 else torch.randn(shape, generator=generator)


@dataclasses.dataclass(frozen=True)
class ModelSpec:
    name: str
    title: str
    source: str  # which class of which package, and whose hyper-parameters
    network: Callable[[], nn.Module]  # its parameters bear the published names
    inputs: tuple
    outputs: tuple  # names
    # Wraps a network whose inputs or outputs are not plain tensors.
    plain: Callable[[nn.Module], nn.Module] = lambda network: network
    # Makes from that a module that is faster and means the same.
    fused: Callable[[nn.Module], nn.Module] = lambda module: module
    weight_prefix: str = ""  # of the published checkpoint's names, where the network is a part of a larger model

    def for_inference(self, network):
        return self.fused(self.plain(network).eval()).eval()

    def draw_inputs(self, seed, batch=1):
        generator = torch.Generator().manual_seed(seed)
        return tuple(feature.draw(generator, batch) for feature in self.inputs)
