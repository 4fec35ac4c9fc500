"""Depth Anything v2 small: DINOv2 ViT-S/14 and a DPT head, at the 518 x 518 pixels it was trained with."""
from torch import nn
from transformers import DepthAnythingConfig, DepthAnythingForDepthEstimation, Dinov2Config

from spec import Feature, ModelSpec

SIDE = 518
CONFIG = DepthAnythingConfig(
    backbone_config=Dinov2Config(
        image_size=SIDE, patch_size=14, hidden_size=384, num_hidden_layers=12, num_attention_heads=6,
        out_indices=[3, 6, 9, 12], reshape_hidden_states=False, apply_layernorm=True,
    ),
    reassemble_hidden_size=384, neck_hidden_sizes=[48, 96, 192, 384], fusion_hidden_size=64, head_hidden_size=32,
    patch_size=14, reassemble_factors=[4, 2, 1, 0.5], depth_estimation_type="relative",
)


class Plain(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network
        # At the trained size the positions need no interpolation; traced, transformers interpolates them all the same.
        embeddings = network.backbone.embeddings
        embeddings.interpolate_pos_encoding = lambda *_: embeddings.position_embeddings

    def forward(self, image):
        return self.network(image, return_dict=False)[0]


MODEL = ModelSpec(
    name="depth_anything",
    title="Depth Anything v2 small, relative depth",
    source="transformers.DepthAnythingForDepthEstimation, hyper-parameters of Depth-Anything-V2-Small",
    network=lambda: DepthAnythingForDepthEstimation(CONFIG),
    plain=Plain,
    inputs=(Feature("image", (1, 3, SIDE, SIDE)),),
    outputs=("depth",),
)
