"""DistilBERT with the two-class head of its SST-2 model, at 128 tokens: what Apple published as its Neural Engine example."""
from torch import nn
from transformers import DistilBertConfig, DistilBertForSequenceClassification

from spec import Feature, ModelSpec

TOKENS = 128
CONFIG = DistilBertConfig(vocab_size=30522, dim=768, n_layers=6, n_heads=12, hidden_dim=3072, num_labels=2,
                          attn_implementation="eager")


class Plain(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, input_ids, attention_mask):
        return self.network(input_ids=input_ids, attention_mask=attention_mask, return_dict=False)[0]


MODEL = ModelSpec(
    name="distilbert",
    title="DistilBERT base, two classes, 128 tokens",
    source="transformers.DistilBertForSequenceClassification, hyper-parameters of distilbert-base-uncased",
    network=lambda: DistilBertForSequenceClassification(CONFIG),
    plain=Plain,
    inputs=(Feature("input_ids", (1, TOKENS), "int32", 0, CONFIG.vocab_size),
            Feature("attention_mask", (1, TOKENS), "int32", 1, 2)),
    outputs=("logits",),
)
