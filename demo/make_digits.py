#!/usr/bin/env python3
"""Makes the demo: a small convolutional classifier of handwritten digits, its pictures and its goldens.

Only a maintainer runs this; what it writes is committed:

    python3 -m venv venv && venv/bin/pip install coremltools==9.0 scikit-learn==1.9.1 numpy==2.4.6 pillow==13.0.0
    PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=python venv/bin/python demo/make_digits.py

Data: scikit-learn's digits (1797 pictures of 8 x 8 pixels: the test part of "Optical Recognition of Handwritten Digits",
E. Alpaydin and C. Kaynak, UCI Machine Learning Repository, CC BY 4.0), scaled up to 28 x 28. The last 297 are held out.
Training and oracle are NumPy: the goldens are a float64 forward pass written here, not Windfall's answer.
"""
import json
import pathlib
import shutil

import coremltools as ct
import numpy as np
from coremltools.converters.mil import Builder as mb
from PIL import Image
from sklearn.datasets import load_digits

HERE = pathlib.Path(__file__).resolve().parent
SIDE, HELD_OUT, EPOCHS, BATCH = 28, 297, 30, 50
CHANNELS = (8, 16)
LABELS = [str(digit) for digit in range(10)]


def enlarge(picture):
    """8 x 8 of 0..16 to 28 x 28 bytes: bicubic to 24 x 24 with a margin of 2."""
    small = Image.fromarray(np.round(picture * (255 / 16)).astype(np.uint8))
    big = np.zeros((SIDE, SIDE), np.uint8)
    big[2:26, 2:26] = np.asarray(small.resize((24, 24), Image.BICUBIC))
    return big


def windows(x):
    """[n, c, h, w] to [n, h, w, c * 9]: the 3 x 3 neighbourhood of every pixel, zeros outside."""
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    view = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    return np.ascontiguousarray(view.transpose(0, 2, 3, 1, 4, 5)).reshape(*x.shape[:1], *x.shape[2:], -1)


def pool(x):
    """2 x 2 maxima of [n, c, h, w], and where they were."""
    n, c, h, w = x.shape
    blocks = x.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, h // 2, w // 2, 4)
    return blocks.max(-1), blocks.argmax(-1)


def unpool(gradient, winners):
    n, c, h, w = gradient.shape
    blocks = np.zeros((n, c, h, w, 4), gradient.dtype)
    np.put_along_axis(blocks, winners[..., None], gradient[..., None], -1)
    return blocks.reshape(n, c, h, w, 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, h * 2, w * 2)


def conv_relu(x, weight, bias):
    seen = windows(x)
    out = seen @ weight.reshape(len(weight), -1).T + bias
    return np.maximum(out, 0).transpose(0, 3, 1, 2), seen


def forward(p, x, keep=None):
    """Logits of [n, 1, 28, 28] in 0..1, in the precision of its arguments."""
    kept = []
    for layer in (1, 2):
        activated, seen = conv_relu(x, p[f"w{layer}"], p[f"b{layer}"])
        x, winners = pool(activated)
        kept.append((seen, activated, winners))
    flat = x.reshape(len(x), -1)
    if keep is not None:
        keep.extend([kept, flat, x.shape])
    return flat @ p["w3"].T + p["b3"]


def softmax(logits):
    e = np.exp(logits - logits.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def gradients(p, x, labels):
    memory = []
    probabilities = softmax(forward(p, x, memory))
    kept, flat, shape = memory
    delta = (probabilities - np.eye(10, dtype=x.dtype)[labels]) / len(x)
    g = {"w3": delta.T @ flat, "b3": delta.sum(0)}
    back = (delta @ p["w3"]).reshape(shape)
    for layer in (2, 1):
        seen, activated, winners = kept[layer - 1]
        back = (unpool(back, winners) * (activated > 0)).transpose(0, 2, 3, 1)
        g[f"w{layer}"] = np.einsum("nhwo,nhwk->ok", back, seen, optimize=True).reshape(p[f"w{layer}"].shape)
        g[f"b{layer}"] = back.sum((0, 1, 2))
        if layer == 2:  # the gradient of a convolution is a convolution with the kernel turned round
            turned = p["w2"].transpose(1, 0, 2, 3)[:, :, ::-1, ::-1]
            back = (windows(back.transpose(0, 3, 1, 2)) @ turned.reshape(CHANNELS[0], -1).T).transpose(0, 3, 1, 2)
    return g


def train(pictures, labels):
    rng = np.random.default_rng(0)
    c1, c2 = CHANNELS
    shapes = {"w1": (c1, 1, 3, 3), "w2": (c2, c1, 3, 3), "w3": (10, c2 * 49)}
    p = {k: (rng.standard_normal(s) * np.sqrt(2 / np.prod(s[1:]))).astype(np.float32) for k, s in shapes.items()}
    p |= {"b1": np.zeros(c1, np.float32), "b2": np.zeros(c2, np.float32), "b3": np.zeros(10, np.float32)}
    step = 0
    m = {k: np.zeros_like(a) for k, a in p.items()}
    v = {k: np.zeros_like(a) for k, a in p.items()}
    for epoch in range(EPOCHS):
        rate = 2e-3 * 0.5 * (1 + np.cos(np.pi * epoch / EPOCHS))
        for batch in np.array_split(rng.permutation(len(pictures)), len(pictures) // BATCH):
            x = np.stack([np.roll(pictures[i], rng.integers(-2, 3, 2), (0, 1)) for i in batch])[:, None]
            step += 1
            for k, g in gradients(p, x, labels[batch]).items():  # Adam
                m[k] = 0.9 * m[k] + 0.1 * g
                v[k] = 0.999 * v[k] + 0.001 * g * g
                p[k] = p[k] - (rate * (m[k] / (1 - 0.9**step)) /
                               (np.sqrt(v[k] / (1 - 0.999**step)) + 1e-8)).astype(np.float32)
    return p


def save_model(p, path, accuracy):
    @mb.program(input_specs=[mb.TensorSpec(shape=(1, 1, SIDE, SIDE))], opset_version=ct.target.iOS15)
    def program(image):
        x = image
        for layer in (1, 2):
            x = mb.conv(x=x, weight=p[f"w{layer}"], bias=p[f"b{layer}"], pad_type="same", name=f"conv{layer}")
            x = mb.relu(x=x, name=f"relu{layer}")
            x = mb.max_pool(x=x, kernel_sizes=[2, 2], strides=[2, 2], pad_type="valid", name=f"pool{layer}")
        x = mb.reshape(x=x, shape=[1, CHANNELS[1] * 49], name="flat")
        return mb.softmax(x=mb.linear(x=x, weight=p["w3"], bias=p["b3"], name="logits"), axis=-1, name="probabilities")

    image = ct.ImageType(name="image", shape=(1, 1, SIDE, SIDE), color_layout=ct.colorlayout.GRAYSCALE, scale=1 / 255)
    model = ct.convert(program, inputs=[image], convert_to="mlprogram", minimum_deployment_target=ct.target.iOS15,
                       classifier_config=ct.ClassifierConfig(LABELS, predicted_feature_name="digit"),
                       compute_precision=ct.precision.FLOAT16, skip_model_load=True)
    model.author = "the Windfall authors"
    model.license = "Apache-2.0"
    model.short_description = "Handwritten digits: two convolutions and a linear layer, in fp16"
    model.user_defined_metadata["accuracy on 297 held-out pictures"] = f"{accuracy:.1%}"
    shutil.rmtree(path, ignore_errors=True)
    model.save(str(path))


def save_golden(folder, pictures, labels, probabilities):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    cases = []
    for i, (picture, label, scores) in enumerate(zip(pictures, labels, probabilities)):
        file = f"case{i}.in.image.npy"
        np.save(folder / file, picture)
        cases.append({
            "description": f"digit-{i}.png, a handwritten {label}",
            "inputs": {"image": {"file": file, "dtype": "uint8", "shape": list(picture.shape)}},
            "outputs": {"digit": {"value": LABELS[int(scores.argmax())]},
                        "digit_probs": {"value": dict(zip(LABELS, scores.tolist()))}},
        })
    document = {"oracle": "float64 NumPy forward pass of demo/make_digits.py on the fp16 weights", "cases": cases}
    (folder / "golden.json").write_text(json.dumps(document, indent=1) + "\n")


def main():
    digits = load_digits()
    pictures = np.stack([enlarge(picture) for picture in digits.images])
    unit = (pictures / 255).astype(np.float32)
    p = train(unit[:-HELD_OUT], digits.target[:-HELD_OUT])

    # The weights as the file holds them, everything else in double.
    halves = {k: a.astype(np.float16).astype(np.float64) for k, a in p.items()}
    held_out, truth = pictures[-HELD_OUT:], digits.target[-HELD_OUT:]
    probabilities = softmax(forward(halves, held_out[:, None] / 255))
    accuracy = float((probabilities.argmax(1) == truth).mean())
    print(f"held-out accuracy {accuracy:.4f}")

    save_model(p, HERE / "digits.mlpackage", accuracy)
    # One held-out picture of each digit, and the one the model is least sure of.
    chosen = [int(np.flatnonzero(truth == digit)[3]) for digit in range(10)]
    chosen[8] = int(np.flatnonzero(truth == 8)[probabilities[truth == 8].max(1).argmin()])
    images = HERE / "images"
    shutil.rmtree(images, ignore_errors=True)
    images.mkdir()
    for i, index in enumerate(chosen):
        Image.fromarray(held_out[index]).save(images / f"digit-{i}.png", optimize=True)
    save_golden(HERE / "golden", held_out[chosen], truth[chosen], probabilities[chosen])


if __name__ == "__main__":
    main()
