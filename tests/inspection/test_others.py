"""Kernels, activations, exciting photos, classification, fooling, inversion and suggestions."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dreamer.errors import TargetError, WeightsError
from dreamer.inspection.activations import feature_maps
from dreamer.inspection.fooling import fool
from dreamer.inspection.inversion import invert
from dreamer.inspection.kernels import convolution, scaled_weights, templates
from dreamer.inspection.scoring import predicted_class, probabilities
from dreamer.inspection.suggestion import suggest_kernels
from dreamer.inspection.top_patches import top_patches
from dreamer.networks import Network, load_network
from dreamer.presets.model.schema import NetworkChoice
from tests.inspection.conftest import Plain


def test_filters_are_scaled_each_by_its_own_largest() -> None:
    weights = torch.tensor([[[[0.5]], [[-1.0]], [[0.0]]], [[[0.02]], [[0.01]], [[0.0]]]])
    assert scaled_weights(weights).flatten().tolist() == pytest.approx([0.75, 0.0, 0.5, 1.0, 0.75, 0.5])


def test_convolutions_are_found_by_block_and_the_first_by_default(pocket: Network) -> None:
    assert convolution(pocket, None)[0] == "conv1.conv"
    name, module = convolution(pocket, "inception3a")
    assert name.startswith("inception3a.") and module.weight.ndim == 4
    with pytest.raises(TargetError, match="no convolution 'conv9'"):
        convolution(pocket, "conv9")


def test_a_template_of_the_first_layer_is_its_filter(pocket: Network) -> None:
    drawn = templates(pocket, "conv1", [4, 5])
    filters = scaled_weights(pocket.module.get_submodule("conv1.conv").weight.detach()[4:6])
    scale = pocket.normalized(torch.ones(1, 3, 1, 1)) - pocket.normalized(torch.zeros(1, 3, 1, 1))
    colored = scaled_weights((filters - 0.5) * scale)
    gains = pocket.module.get_submodule("conv1.bn").weight[4:6]
    assert drawn.shape == colored.shape
    for own, expected, gain in zip(drawn, colored, gains, strict=True):
        signed = expected if gain > 0 else 1 - expected
        assert float((own - signed).abs().max()) < 0.02


def test_feature_maps_come_strongest_first(pocket: Network, photo: Tensor) -> None:
    maps = feature_maps(pocket, photo, ["conv3", "inception4c"], 5)
    assert [each.layer for each in maps] == ["conv3"] * 5 + ["inception4c"] * 5
    means = [each.mean for each in maps[5:]]
    assert means == sorted(means, reverse=True)
    with torch.no_grad():
        seen = pocket.cut(["inception4c"])(photo)["inception4c"][0]
    assert torch.allclose(maps[5].activation, seen[maps[5].kernel], atol=1e-5)
    assert maps[5].mean == pytest.approx(float(seen.mean((1, 2)).max()), rel=1e-4)
    with pytest.raises(TargetError, match="no maps"):
        feature_maps(pocket, photo, ["logits"])


def test_the_most_exciting_photos_come_first_with_their_patches(pocket: Network, photo: Tensor) -> None:
    photos = [photo * 0 + 0.5, photo, photo[:, :, :64, :80], photo.flip(2)]
    found = top_patches(pocket, photos, "inception3a", [5, 9], 3)
    for kernel, best in found.items():
        with torch.no_grad():
            peaks = [float(pocket.cut(["inception3a"])(each)["inception3a"][0, kernel].max()) for each in photos]
        order = sorted(range(4), key=lambda number: -peaks[number])[:3]
        assert [each.strength for each in best] == pytest.approx([peaks[number] for number in order], rel=1e-4)
        for each in best:
            top, left, bottom, right = each.box
            assert torch.equal(each.pixels, photos[each.number][0, :, top:bottom, left:right])
    with pytest.raises(TargetError, match="no kernel 4000"):
        top_patches(pocket, photos, "inception3a", [4000], 3)


def test_probabilities_are_those_of_the_untouched_network(pocket: Network, photo: Tensor, plain: Plain) -> None:
    with torch.no_grad():
        expected = plain(photo).softmax(1)
    assert torch.allclose(probabilities(pocket, photo), expected, atol=1e-5)
    assert predicted_class(pocket, photo) == int(expected.argmax())


@pytest.mark.parametrize("method", ["pgd", "fgsm"])
def test_fooling_changes_the_class_by_what_it_says(pocket: Network, photo: Tensor, method: str) -> None:
    wanted = int(probabilities(pocket, photo)[0].topk(2).indices[1])
    found = fool(pocket, photo, wanted, method=method)  # type: ignore[arg-type]
    assert found.succeeded and predicted_class(pocket, found.picture) == wanted
    change = found.picture - photo
    assert found.size == pytest.approx(float(change.abs().max())) and found.l2 == pytest.approx(float(change.norm()))
    assert 0 < found.size < 0.1 and float(found.picture.min()) >= 0 and float(found.picture.max()) <= 1


def test_inversion_brings_the_features_close(pocket: Network, photo: Tensor) -> None:
    steps: list[int] = []
    found = invert(pocket, photo, "conv3", steps=60, on_step=steps.append)
    assert found.error < 0.25 * found.start_error and steps == list(range(1, 61))
    with torch.no_grad():
        wanted, got = (pocket.cut(["conv3"])(each)["conv3"] for each in (photo, found.picture))
    assert found.error == pytest.approx(float((got - wanted).square().sum() / wanted.square().sum()), rel=1e-3)


def test_suggestions_are_what_this_photo_has_more_of(pocket: Network, photo: Tensor) -> None:
    found = suggest_kernels(pocket, photo, layers=["inception4c", "inception4e"], count=5, of_each_layer=4)
    assert len(found) == 5 and [each.excess for each in found] == sorted((e.excess for e in found), reverse=True)
    best = found[0]
    with torch.no_grad():
        strength = float(pocket.cut([best.layer])(photo)[best.layer][0, best.kernel].mean())
    known = pocket.description.layers[best.layer][best.kernel]
    assert strength > known.mean + 0.5 * known.std
    assert best.target.kernels == (best.kernel,)
    half = suggest_kernels(pocket, photo, region=(0.5, 0.0, 1.0, 1.0), layers=["inception4c"], count=4, of_each_layer=4)
    assert [each.kernel for each in half] != [each.kernel for each in found if each.layer == "inception4c"]
    with pytest.raises(TargetError, match="was not described"):
        suggest_kernels(pocket, photo, layers=["inception4z"])
    unknown = load_network(NetworkChoice(name="alexnet", weights="random"), device="cpu")
    with pytest.raises(WeightsError, match="nothing is known"):
        suggest_kernels(unknown, photo)
