"""Classifiers with integer labels, judged by coremltools' own evaluation functions."""
import coremltools as ct
import numpy as np
import pytest
from coremltools.converters.mil import Builder as mb
from coremltools.models import datatypes, neural_network, tree_ensemble
from coremltools.models.utils import evaluate_classifier, evaluate_classifier_with_probabilities

import windfall.coremltools  # noqa: F401

LABELS = [7, -3, 2**40]  # the last needs 64 bits
ROWS = [np.array(row, np.float32) for row in ([0.5, -2, 3], [3, 0.2, 0.1], [0, 5, 0.5], [-1, -2, 1.5])]


class Table:
    """What coremltools asks of a pandas table."""

    def __init__(self, rows):
        self.rows = rows

    def iterrows(self):
        return enumerate(self.rows)

    def __len__(self):
        return len(self.rows)


def softmax(scores):
    powers = np.exp(scores.astype(np.float64) - scores.max())
    return powers / powers.sum()


def program():
    @mb.program(input_specs=[mb.TensorSpec(shape=(3,))])
    def classifier(scores):
        return mb.softmax(x=scores, axis=0, name="probabilities")

    return ct.convert(
        classifier,
        convert_to="mlprogram",
        classifier_config=ct.ClassifierConfig(LABELS, predicted_feature_name="label"),
        compute_precision=ct.precision.FLOAT32,
    )


def network():
    builder = neural_network.NeuralNetworkBuilder(
        [("scores", datatypes.Array(3))], [("chances", datatypes.Array(3))], mode="classifier"
    )
    builder.add_softmax("softmax", "scores", "chances")
    builder.set_class_labels(LABELS, predicted_feature_name="label", prediction_blob="chances")
    return ct.models.MLModel(builder.spec)


def trees():
    """A tree for every class: one point if its score is at least 1."""
    builder = tree_ensemble.TreeEnsembleClassifier([("scores", datatypes.Array(3))], LABELS, ["label", "chances"])
    for index in range(len(LABELS)):
        builder.add_branch_node(index, 0, index, 1.0, "BranchOnValueGreaterThanEqual", 1, 2)
        builder.add_leaf_node(index, 1, {index: 1.0})
        builder.add_leaf_node(index, 2, {index: 0.0})
    builder.set_default_prediction_value([0.0] * len(LABELS))
    builder.set_post_evaluation_transform("Classification_SoftMax")
    return ct.models.MLModel(builder.spec)


def as_they_are(scores):
    return scores


def points(scores):
    return (scores >= 1).astype(np.float32)


@pytest.mark.parametrize("make, scored", [
    (program, as_they_are), (network, as_they_are), (trees, points),
])
def test_integer_labels(make, scored):
    model = make()
    outputs = model.predict({"scores": ROWS[0]})
    probabilities = next(name for name, value in outputs.items() if isinstance(value, dict))
    assert {type(label) for label in outputs[probabilities]} == {int}
    assert type(outputs["label"]) is int
    rows = [
        {
            "scores": row,
            "label": LABELS[int(np.argmax(row))],
            probabilities: dict(zip(LABELS, softmax(scored(row)))),
        }
        for row in ROWS
    ]
    table = Table(rows)
    assert evaluate_classifier(model, table, "label") == {"num_samples": 4, "num_errors": 0}
    told = evaluate_classifier_with_probabilities(model, table, probabilities)
    assert told["num_key_mismatch"] == 0
    assert told["max_probability_error"] < 1e-6
