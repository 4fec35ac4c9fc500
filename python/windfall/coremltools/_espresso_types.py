"""Layer types of neural networks as Apple's compiler names them (in model.espresso.net), where we know the name."""

# From compiled networks of the public; a type that is not here keeps the name it has in the model message.
_NAMES = {
    "innerProduct": "inner_product",
    "pooling": "pool",
    "concatND": "concat",
    "softmaxND": "softmax",
    "permute": "transpose",
    "loadConstant": "load_constant",
    "loadConstantND": "load_constant",
}

# Messages that one espresso layer serves: arithmetic on one or two values, and curves.
_ELEMENTWISE = {
    "add", "multiply", "average", "max", "min", "dot", "unary", "addBroadcastable", "subtractBroadcastable",
    "multiplyBroadcastable", "divideBroadcastable", "powBroadcastable", "maxBroadcastable", "minBroadcastable",
    "modBroadcastable", "floorDivBroadcastable", "equal", "notEqual", "lessThan", "lessEqual", "greaterThan",
    "greaterEqual", "logicalAnd", "logicalOr", "logicalXor", "logicalNot", "sin", "cos", "tan", "asin", "acos", "atan",
    "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "exp2", "floor", "ceil", "round", "sign", "clip",
}
_ACTIVATION = {"activation", "gelu"}


def of_layer(layer):
    """The espresso type of a NeuralNetworkLayer message."""
    kind = layer.WhichOneof("layer")
    if kind == "convolution" and layer.convolution.isDeconvolution:
        return "deconvolution"
    if kind in _ELEMENTWISE:
        return "elementwise"
    if kind in _ACTIVATION:
        return "activation"
    return _NAMES.get(kind, kind)
