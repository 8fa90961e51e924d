"""What papers and Caffe call the layers of well-known networks, and what torchvision calls the same ones.

The tables are the whole of it: presets, the command line and the tools of inspection ask here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dreamer.errors import nearest

# Krizhevsky, Sutskever & Hinton 2012, as the layers of Caffe's AlexNet are named.
_ALEXNET = {
    "conv1": "features.0", "relu1": "features.1", "pool1": "features.2",
    "conv2": "features.3", "relu2": "features.4", "pool2": "features.5",
    "conv3": "features.6", "relu3": "features.7",
    "conv4": "features.8", "relu4": "features.9",
    "conv5": "features.10", "relu5": "features.11", "pool5": "features.12",
    "fc6": "classifier.1", "relu6": "classifier.2",
    "fc7": "classifier.4", "relu7": "classifier.5",
    "fc8": "classifier.6",
}  # fmt: skip
# Simonyan & Zisserman 2014, table 1: convolutions of each block. With batch norm each has one layer more behind it.
_VGG_BLOCKS = {"vgg11": (1, 1, 2, 2, 2), "vgg13": (2, 2, 2, 2, 2), "vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
_VGG_CLASSIFIER = {
    "fc6": "classifier.0", "relu6": "classifier.1",
    "fc7": "classifier.3", "relu7": "classifier.4",
    "fc8": "classifier.6",
}  # fmt: skip
# Szegedy et al. 2014, as the layers of Caffe's bvlc_googlenet are named; conv2d0 to conv2d2 are TensorFlow's.
_GOOGLENET_STEM = {
    "conv1/7x7_s2": "conv1", "conv2d0": "conv1", "pool1/3x3_s2": "maxpool1", "pool1": "maxpool1",
    "conv2/3x3_reduce": "conv2", "conv2d1": "conv2", "conv2/3x3": "conv3", "conv2d2": "conv3",
    "pool2/3x3_s2": "maxpool2", "pool2": "maxpool2",
    "pool3/3x3_s2": "maxpool3", "pool3": "maxpool3",
    "pool4/3x3_s2": "maxpool4", "pool4": "maxpool4",
    "pool5/7x7_s1": "avgpool", "pool5": "avgpool",
    "loss3/classifier": "fc",
}  # fmt: skip
_INCEPTION_PARTS = {
    "": "", "/output": "", "/1x1": ".branch1", "/3x3_reduce": ".branch2.0", "/3x3": ".branch2.1",
    "/5x5_reduce": ".branch3.0", "/5x5": ".branch3.1", "/pool": ".branch4.0", "/pool_proj": ".branch4.1",
}  # fmt: skip
_INCEPTIONS = ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")


def torch_names(architecture: str) -> Mapping[str, str]:
    """The torch name of each layer by its name in papers; empty for a network without such names.

    `architecture`: torchvision's name of it; pocket networks have GoogLeNet's layers.
    """
    return _TABLES.get(architecture, {})


def similar_layers(layer: str, known: Iterable[str], others: Mapping[str, str]) -> str | None:
    """A remedy that names the layers spelled most like an unknown one, or None where none is.

    `known`: torch names; `others`: torch names by those of papers, which are told with both.
    """
    close = nearest(layer, [*known, *others])
    if not close:
        return None
    both = [f"{name!r} ({others[name]})" if name in others else repr(name) for name in close]
    return f"Did you mean {' or '.join(both)}?"


def _vgg(blocks: Iterable[int], *, batch_norm: bool) -> dict[str, str]:
    names, number = {}, 0
    for block, convolutions in enumerate(blocks, 1):
        for convolution in range(1, convolutions + 1):
            relu = number + 1 + batch_norm
            names[f"conv{block}_{convolution}"] = f"features.{number}"
            names[f"relu{block}_{convolution}"] = f"features.{relu}"
            number = relu + 1
        names[f"pool{block}"] = f"features.{number}"
        number += 1
    return {**names, **_VGG_CLASSIFIER}


def _googlenet() -> dict[str, str]:
    blocks = {
        f"inception_{block}{part}": f"inception{block}{own}"
        for block in _INCEPTIONS
        for part, own in _INCEPTION_PARTS.items()
    }
    return {**_GOOGLENET_STEM, **blocks, **{f"mixed{block}": f"inception{block}" for block in _INCEPTIONS}}


_TABLES: Mapping[str, Mapping[str, str]] = {
    "alexnet": _ALEXNET,
    "googlenet": _googlenet(),
    **{name: _vgg(blocks, batch_norm=False) for name, blocks in _VGG_BLOCKS.items()},
    **{f"{name}_bn": _vgg(blocks, batch_norm=True) for name, blocks in _VGG_BLOCKS.items()},
}
