"""How much of a function's work each operation does: multiplications and additions, estimated from shapes alone."""
import math

# Operations with a matrix or filters among their arguments: that argument's name.
_WEIGHTS = {"conv": "weight", "conv_transpose": "weight", "linear": "weight", "matmul": "y"}


def _elements(shape):
    return 1 if shape is None else math.prod(shape)


def _work(operation, shapes):
    """Each element of the output costs one step, or as many as a filter (a column of a matrix) has elements."""
    outputs = sum(_elements(shape) for _name, shape in operation["outputs"])
    bindings = operation["inputs"].get(_WEIGHTS.get(operation["operator"]), [])
    weight = shapes.get(bindings[0]) if bindings else None
    if not weight or 0 in weight:
        return outputs
    per_element = weight[-2] if operation["operator"] == "matmul" and len(weight) > 1 else _elements(weight) // weight[0]
    return outputs * max(per_element, 1)


def _operations(block):
    for operation in block["operations"]:
        yield operation
        for inner in operation["blocks"]:
            yield from _operations(inner)


def work_of_function(function):
    """{id(operation): its share of all work, 0 to 1}, constants left out. Bodies of loops count once."""
    operations = list(_operations(function["block"]))
    shapes = {name: shape for operation in operations for name, shape in operation["outputs"]}
    shapes.update(dict(function["inputs"]))
    work = {id(each): _work(each, shapes) for each in operations if each["operator"] != "const"}
    total = sum(work.values()) or 1
    return {key: steps / total for key, steps in work.items()}
