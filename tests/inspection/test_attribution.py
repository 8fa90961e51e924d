"""Against captum, on the same network and photo."""

from __future__ import annotations

import warnings

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from dreamer.errors import TargetError
from dreamer.inspection import attribution
from dreamer.inspection.scoring import Question, ask, class_target, predicted_class, probabilities
from dreamer.networks import Network, load_network
from dreamer.presets.model.schema import NetworkChoice, Target
from tests.inspection.conftest import Plain, assert_close

captum_attr = pytest.importorskip("captum.attr", reason="captum is not installed")


@pytest.fixture
def seen(pocket: Network, photo: Tensor) -> int:
    """The class that the network sees."""
    return predicted_class(pocket, photo)


@pytest.fixture
def question(pocket: Network, photo: Tensor, seen: int) -> Question:
    return ask(pocket, class_target(seen), photo)


def test_the_gradient_agrees_with_captum(question: Question, photo: Tensor, plain: Plain, seen: int) -> None:
    theirs = captum_attr.Saliency(plain).attribute(photo.clone().requires_grad_(), target=seen, abs=False)
    assert_close(attribution.input_gradient(question, photo), theirs)


def test_integrated_gradients_agree_with_captum_and_add_up(question: Question, photo: Tensor) -> None:
    # On the folded network: a ReLU at its very edge may turn over where batch norms are not folded.
    method = captum_attr.IntegratedGradients(question)
    theirs = method.attribute(photo.clone(), n_steps=32, method="gausslegendre").float()
    ours = attribution.integrated_gradients(question, photo, samples=32)
    assert_close(ours, theirs)
    whole = question(photo) - question(torch.zeros_like(photo))
    assert float(ours.sum()) == pytest.approx(float(whole.detach()), rel=0.15)


def test_guided_backprop_agrees_with_captum(question: Question, photo: Tensor, plain: Plain, seen: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = captum_attr.GuidedBackprop(plain).attribute(photo.clone().requires_grad_(), target=seen)
    assert_close(attribution.guided_backprop(question, photo), theirs)


@pytest.mark.parametrize("layer", ["inception4e", "inception5a", "inception5b"])
def test_grad_cam_agrees_with_captum(question: Question, photo: Tensor, plain: Plain, seen: int, layer: str) -> None:
    theirs = captum_attr.LayerGradCam(plain, getattr(plain.inner, layer)).attribute(photo.clone(), target=seen)
    theirs = F.interpolate(theirs.clamp_min(0), size=photo.shape[-2:], mode="bilinear", align_corners=False)
    assert theirs.max() > 0
    assert_close(attribution.grad_cam(question, photo, layer=layer), theirs)


def test_smooth_gradients_are_the_mean_under_noise(question: Question, photo: Tensor) -> None:
    exact = attribution.smooth_gradient(question, photo, samples=2, noise=0.0)
    assert_close(exact, attribution.input_gradient(question, photo))
    first = attribution.smooth_gradient(question, photo, samples=12, seed=1)
    assert torch.equal(first, attribution.smooth_gradient(question, photo, samples=12, seed=1))
    assert not torch.equal(first, attribution.smooth_gradient(question, photo, samples=12, seed=2))


def test_guided_grad_cam_is_the_product(question: Question, photo: Tensor) -> None:
    product = attribution.guided_backprop(question, photo) * attribution.grad_cam(question, photo)
    assert torch.equal(attribution.guided_grad_cam(question, photo), product)
    assert attribution.last_layer(question) == "inception5b"


def test_any_target_can_be_explained(pocket: Network, photo: Tensor) -> None:
    target = Target.model_validate({"layer": "inception4c", "kernels": [7], "measure": "mean"})
    asked = ask(pocket, target, photo)
    leaf = photo.clone().requires_grad_(True)
    score = pocket.cut(["inception4c"])(leaf)["inception4c"][:, 7].mean()
    (gradient,) = torch.autograd.grad(score, leaf)
    assert_close(attribution.input_gradient(asked, photo), gradient)
    assert attribution.last_layer(asked) == "inception4b"
    with pytest.raises(TargetError, match="does not depend"):
        attribution.grad_cam(asked, photo, layer="inception5a")


def test_gauss_legendre_integrates_polynomials_exactly() -> None:
    points, weights = attribution.gauss_legendre(6)
    assert float(weights.sum()) == pytest.approx(1)
    for power in range(12):
        assert float((weights * points**power).sum()) == pytest.approx(1 / (power + 1), abs=1e-12)


def test_rank_correlation() -> None:
    one = torch.arange(12.0).view(3, 4)
    assert attribution.rank_correlation(one, one**3) == pytest.approx(1)
    assert attribution.rank_correlation(one, -one) == pytest.approx(-1)


NAMES = ["googlenet", "vgg11", "resnet18", "inception_v3", "squeezenet1_1", "densenet121", "mobilenet_v3_small",
         "efficientnet_b0", "convnext_tiny", "alexnet"]  # fmt: skip
OF_OTHER_NONLINEARITIES = ("mobilenet_v3_small", "efficientnet_b0", "convnext_tiny")


@pytest.mark.parametrize("name", NAMES)
def test_every_kind_of_network_can_be_asked(name: str) -> None:
    network = load_network(NetworkChoice(name=name, weights="random"), device="cpu", precision="float32")
    photo = torch.rand((1, 3, 96, 96), generator=torch.Generator().manual_seed(1))
    asked = ask(network, class_target(predicted_class(network, photo)), photo)
    for method in ("gradient", "guided", "grad-cam"):
        if method == "guided" and name in OF_OTHER_NONLINEARITIES:
            with pytest.raises(TargetError, match="through ReLU alone"):
                attribution.explain(method, asked, photo)
            continue
        found = attribution.explain(method, asked, photo)
        assert found.shape[-2:] == (96, 96) and torch.isfinite(found).all()
    leaf = photo.clone().requires_grad_(True)
    logits = network.module.eval()(network.normalized(leaf))
    (gradient,) = torch.autograd.grad(logits[:, predicted_class(network, photo)].sum(), leaf)
    # A ReLU at its very edge may turn over where batch norms are folded, which some of these random networks magnify.
    # Others leave gradients of 1e-12, which the cosine takes for nothing unless they are enlarged first.
    own, theirs = (each.flatten() / each.abs().max() for each in (attribution.input_gradient(asked, photo), gradient))
    assert float(F.cosine_similarity(own, theirs, dim=0)) > 0.9999
    assert float(probabilities(network, photo).sum()) == pytest.approx(1, abs=1e-4)
