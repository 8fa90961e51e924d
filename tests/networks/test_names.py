from __future__ import annotations

import pytest
import torchvision

from dreamer.errors import NetworkError
from dreamer.networks.names import SHIPPED, network_names, require_known_network


def test_the_names_are_what_torchvision_registers_but_for_transformers() -> None:
    registered = torchvision.models.list_models(module=torchvision.models)
    transformers = [name for name in registered if name.startswith(("vit", "swin", "maxvit"))]
    assert list(network_names()) == [*SHIPPED, *(name for name in registered if name not in transformers)]


def test_names_and_paths_pass_and_others_are_answered_with_the_nearest() -> None:
    for name in ("pocket", "vgg16", "mine.safetensors", "folder/mine"):
        require_known_network(name)
    with pytest.raises(NetworkError, match=r"mine\.toml:3: there is no network 'gogglenet'") as refusal:
        require_known_network("gogglenet", where="mine.toml:3")
    assert "googlenet" in str(refusal.value.remedy)
