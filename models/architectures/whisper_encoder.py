"""The encoder of Whisper tiny: 30 s of sound as 3000 frames of 80 mel bands to 1500 states."""
from torch import nn
from transformers import WhisperConfig
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from spec import Feature, ModelSpec

CONFIG = WhisperConfig(num_mel_bins=80, d_model=384, encoder_layers=4, encoder_attention_heads=6, encoder_ffn_dim=1536,
                       max_source_positions=1500, attn_implementation="eager")


class Plain(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, mel):
        return self.network(mel, return_dict=False)[0]


MODEL = ModelSpec(
    name="whisper_encoder",
    title="Whisper tiny, encoder, 30 s",
    source="transformers' WhisperEncoder, hyper-parameters of whisper-tiny",
    network=lambda: WhisperEncoder(CONFIG),
    plain=Plain,
    inputs=(Feature("mel", (1, 80, 3000)),),
    outputs=("states",),
    weight_prefix="model.encoder.",
)
