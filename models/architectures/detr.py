"""DETR with a ResNet-50 backbone, at 448 x 448 pixels: the size of the Core ML package Apple publishes of it."""
import torch
from torch import nn
from transformers import DetrConfig, DetrForObjectDetection

from spec import Feature, ModelSpec

SIDE = 448
CONFIG = DetrConfig(
    use_timm_backbone=True, backbone="resnet50", use_pretrained_backbone=False, d_model=256, encoder_layers=6,
    decoder_layers=6, encoder_attention_heads=8, decoder_attention_heads=8, encoder_ffn_dim=2048, decoder_ffn_dim=2048,
    num_queries=100, num_labels=91, attn_implementation="eager",
)


class Plain(nn.Module):
    """The detector without padding: no masks, and the sine positions of the feature map are a constant."""

    def __init__(self, network):
        super().__init__()
        self.network = network
        cells = SIDE // 32
        mask = torch.ones(1, cells, cells, dtype=torch.bool)
        positions = network.model.backbone.position_embedding(torch.zeros(1, 1, cells, cells), mask)
        self.register_buffer("positions", positions.flatten(2).permute(0, 2, 1).contiguous(), persistent=False)

    def forward(self, image):
        model = self.network.model
        features = model.backbone.conv_encoder.model(image)[-1]
        cells = model.input_projection(features).flatten(2).permute(0, 2, 1)
        encoded = model.encoder(inputs_embeds=cells, object_queries=self.positions, return_dict=False)[0]
        queries = model.query_position_embeddings.weight.unsqueeze(0).expand(len(image), -1, -1)
        decoded = model.decoder(inputs_embeds=torch.zeros_like(queries), object_queries=self.positions,
                                query_position_embeddings=queries, encoder_hidden_states=encoded, return_dict=False)[0]
        return self.network.class_labels_classifier(decoded), self.network.bbox_predictor(decoded).sigmoid()


MODEL = ModelSpec(
    name="detr",
    title="DETR with ResNet-50, 91 classes, 100 boxes",
    source="transformers.DetrForObjectDetection on timm's resnet50, hyper-parameters of detr-resnet-50",
    network=lambda: DetrForObjectDetection(CONFIG),
    plain=Plain,
    inputs=(Feature("image", (1, 3, SIDE, SIDE)),),
    outputs=("logits", "boxes"),
)
