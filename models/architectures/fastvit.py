"""FastViT-T8 as in "FastViT: A Fast Hybrid Vision Transformer using Structural Reparameterization" (2023)."""
import copy

import timm
from timm.utils.model import reparameterize_model

from spec import Feature, ModelSpec

MODEL = ModelSpec(
    name="fastvit",
    title="FastViT-T8, ImageNet classes, reparameterised for inference",
    source="timm.create_model('fastvit_t8')",
    network=lambda: timm.create_model("fastvit_t8", pretrained=False),
    # Training's parallel branches become one convolution each, as its authors deploy it.
    fused=lambda network: reparameterize_model(copy.deepcopy(network)),
    inputs=(Feature("image", (1, 3, 256, 256)),),
    outputs=("logits",),
)
