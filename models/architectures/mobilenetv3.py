"""MobileNetV3-Large 1.0 as in "Searching for MobileNetV3" (2019)."""
import torchvision

from spec import Feature, ModelSpec

MODEL = ModelSpec(
    name="mobilenetv3",
    title="MobileNetV3-Large 1.0, ImageNet classes",
    source="torchvision.models.mobilenet_v3_large",
    network=lambda: torchvision.models.mobilenet_v3_large(weights=None),
    inputs=(Feature("image", (1, 3, 224, 224)),),
    outputs=("logits",),
)
