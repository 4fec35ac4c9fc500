"""BERT base with the head for SQuAD's question answering, at 384 tokens."""
from torch import nn
from transformers import BertConfig, BertForQuestionAnswering

from spec import Feature, ModelSpec

TOKENS = 384
CONFIG = BertConfig(vocab_size=30522, hidden_size=768, num_hidden_layers=12, num_attention_heads=12,
                    intermediate_size=3072, attn_implementation="eager")
# What BERT's authors add to the scores of padding. transformers adds Float32's lowest number: in Float16 that is -inf,
# and -inf x 0, for what is no padding, is not a number.
PADDING_SCORE = -10000.0


class Plain(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network
        network.bert.get_extended_attention_mask = (
            lambda mask, *_: (1.0 - mask[:, None, None, :].float()) * PADDING_SCORE)

    def forward(self, input_ids, attention_mask, token_type_ids):
        start, end = self.network(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids,
                                  return_dict=False)[:2]
        return start, end


MODEL = ModelSpec(
    name="bert",
    title="BERT base for SQuAD, 384 tokens",
    source="transformers.BertForQuestionAnswering, hyper-parameters of bert-base-uncased",
    network=lambda: BertForQuestionAnswering(CONFIG),
    plain=Plain,
    inputs=(Feature("input_ids", (1, TOKENS), "int32", 0, CONFIG.vocab_size),
            Feature("attention_mask", (1, TOKENS), "int32", 1, 2),
            Feature("token_type_ids", (1, TOKENS), "int32", 0, 2)),
    outputs=("start_logits", "end_logits"),
)
