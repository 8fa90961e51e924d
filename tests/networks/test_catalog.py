from __future__ import annotations

from pathlib import Path

import pytest
import torch

from dreamer.errors import NetworkError, TargetError, WeightsError
from dreamer.networks import load_network, network_names, weights
from dreamer.networks.catalog import find_entry
from dreamer.networks.labels import class_index, search_classes
from dreamer.networks.names import SHIPPED
from tests.on_device import DEVICE

CLASSES = ("golden_retriever", "Old English sheepdog", "dog", "sea horse", "horse", "red fox", "kit fox")


def test_every_convolutional_classifier_of_torchvision_is_found() -> None:
    names = network_names()
    assert names[: len(SHIPPED)] == SHIPPED and len(names) >= 60
    assert {"googlenet", "vgg16", "resnet50", "inception_v3", "squeezenet1_1", "densenet121", "alexnet"} <= set(names)
    assert not any(name.startswith(("vit", "swin", "maxvit")) for name in names)
    for name in names[len(SHIPPED) :]:
        entry = find_entry(name)
        assert entry.url.startswith("https://") and len(entry.digest) >= 8 and len(entry.classes) == 1000
        assert entry.digest in entry.file_name


def test_an_unknown_network_names_the_near_ones() -> None:
    with pytest.raises(NetworkError, match="googlenet"):
        load_network("gogglenet", device=str(DEVICE))


@pytest.mark.parametrize(
    "wanted, index",
    [
        ("golden_retriever", 0),
        ("Golden Retriever", 0),
        ("golden", 0),
        ("old-english sheepdog", 1),
        ("dog", 2),
        ("sea", 3),
        (4, 4),
        ("5", 5),
    ],
)
def test_classes_are_found_by_index_name_and_part(wanted: int | str, index: int) -> None:
    assert class_index(wanted, CLASSES) == index


@pytest.mark.parametrize("wanted, said", [("fox", "red fox"), ("hoarse", "horse"), (7, "0 to 6"), ("zzz", "--search")])
def test_other_classes_get_a_hint(wanted: int | str, said: str) -> None:
    with pytest.raises(TargetError, match=said):
        class_index(wanted, CLASSES)
    assert search_classes("fox", CLASSES) == [5, 6]


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.slow
def test_the_shipped_networks_are_small_whole_and_know_their_classes(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert weights.shipped_file(name).stat().st_size < 4_000_000
    network = load_network(name, device=str(DEVICE))
    assert network.weights_digest == weights.SHIPPED_DIGESTS[name]
    assert len(network.classes) == 154 and network.class_index("golden retriever") >= 0
    assert {"conv1", "maxpool3", "inception4c", "inception5b"} <= set(network.layers)
    damaged = tmp_path / f"{name}.safetensors"
    data = bytearray(weights.shipped_file(name).read_bytes())
    data[-1] ^= 1
    damaged.write_bytes(data)
    monkeypatch.setattr(weights, "DATA", tmp_path)
    with pytest.raises(WeightsError, match="damaged"):
        load_network(name, device=str(DEVICE))


def test_the_shipped_network_sees_what_is_there(photos: Path) -> None:
    from dreamer.dreaming.extent import filled
    from dreamer.pictures import read_picture

    network = load_network("pocket", device=str(DEVICE), precision="float32")
    picture = filled(read_picture(photos / "lighthouse.png").pixels.unsqueeze(0), 128, 128)
    logits = network.cut(["logits"])(picture)["logits"][0]
    best = {network.classes[int(index)] for index in logits.topk(8).indices}
    assert best & {"church", "minaret", "ferry", "schooner", "ketch"}


@pytest.mark.gpu
def test_a_gpu_gives_the_cpus_gradient(shipped_picture: torch.Tensor) -> None:
    gradients = []
    for device in ("cpu", "cuda"):
        network = load_network("pocket", device=device, precision="float32")
        leaf = shipped_picture.to(device).requires_grad_(True)
        score = network.cut(["inception4c"])(leaf)["inception4c"].square().mean()
        gradients.append(torch.autograd.grad(score, leaf)[0].cpu().flatten())
    assert torch.cosine_similarity(*gradients, dim=0) > 0.999
