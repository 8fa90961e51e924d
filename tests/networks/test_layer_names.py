from __future__ import annotations

import pytest
import torch
from torch import nn

from dreamer.devices import DeviceChoice
from dreamer.errors import TargetError
from dreamer.networks.catalog import find_entry
from dreamer.networks.layer_names import torch_names
from dreamer.networks.network import Network
from dreamer.networks.weights import load_named
from tests.on_device import DEVICE

HERE = DeviceChoice(DEVICE, torch.float32, "")


@pytest.fixture(scope="module")
def pocket() -> Network:
    return Network(load_named("pocket", "default", None), HERE)


@pytest.mark.parametrize("name", ["alexnet", "vgg11", "vgg13_bn", "vgg16", "vgg16_bn", "vgg19", "googlenet"])
def test_every_name_leads_to_a_layer_of_its_kind(name: str) -> None:
    with torch.device("meta"):
        modules = dict(find_entry(name).build().named_modules())
    kinds = {"conv": nn.Conv2d, "relu": nn.ReLU, "fc": nn.Linear, "pool": nn.MaxPool2d}
    for paper, own in torch_names(name).items():
        assert own in modules
        kind = next((kind for start, kind in kinds.items() if paper.startswith(start)), None)
        if kind is not None and own != "avgpool" and name != "googlenet":
            assert isinstance(modules[own], kind), paper
    if name == "vgg16":
        names = torch_names(name)
        assert (names["conv5_3"], names["pool3"], names["fc7"]) == ("features.28", "features.16", "classifier.3")


def test_names_of_papers_are_those_layers(pocket: Network) -> None:
    photo = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    wanted = {"mixed4c": "inception4c", "inception_4c/3x3": "inception4c.branch2.1", "pool3/3x3_s2": "maxpool3"}
    seen = pocket.cut([*wanted, *wanted.values()])(photo)
    for paper, own in wanted.items():
        assert torch.equal(seen[paper], seen[own])
        assert pocket.depth(paper) == pocket.depth(own) and pocket.kernels(paper) == pocket.kernels(own)


@pytest.mark.parametrize("layer, said", [("mixed4f", "'mixed4e' (inception4e)"), ("inception4f", "'inception4")])
def test_an_unknown_layer_is_answered_with_both_names(layer: str, said: str, pocket: Network) -> None:
    for asked in (pocket.kernels, pocket.depth, lambda layer: pocket.cut([layer])):
        with pytest.raises(TargetError) as refusal:
            asked(layer)
        assert said in str(refusal.value.remedy)
