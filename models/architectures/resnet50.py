"""ResNet-50 as in "Deep Residual Learning for Image Recognition" (2015), with the stride in the 3x3 convolution."""
import torchvision

from spec import Feature, ModelSpec

MODEL = ModelSpec(
    name="resnet50",
    title="ResNet-50, ImageNet classes",
    source="torchvision.models.resnet50",
    network=lambda: torchvision.models.resnet50(weights=None),
    inputs=(Feature("image", (1, 3, 224, 224)),),
    outputs=("logits",),
)
