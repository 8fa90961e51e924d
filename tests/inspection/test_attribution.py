"""Against captum, on the same network and photo."""

from __future__ import annotations

import warnings

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from dreamer.errors import TargetError
from dreamer.inspection import attribution
from dreamer.inspection.scoring import TargetScore, class_target, predicted_class, probabilities, target_score
from dreamer.networks import Network, load_network
from dreamer.presets.model.schema import NetworkChoice, Target
from tests.inspection.conftest import Plain, assert_close
from tests.on_device import DEVICE, within

captum_attr = pytest.importorskip("captum.attr", reason="captum is not installed")


@pytest.fixture
def predicted(pocket: Network, photo: Tensor) -> int:
    """The class that the network predicts."""
    return predicted_class(pocket, photo)


@pytest.fixture
def score(pocket: Network, photo: Tensor, predicted: int) -> TargetScore:
    return target_score(pocket, class_target(predicted), photo)


def test_the_gradient_agrees_with_captum(score: TargetScore, photo: Tensor, plain: Plain, predicted: int) -> None:
    theirs = captum_attr.Saliency(plain).attribute(photo.clone().requires_grad_(), target=predicted, abs=False)
    assert_close(attribution.input_gradient(score, photo), theirs)


@pytest.mark.slow
def test_integrated_gradients_agree_with_captum_and_add_up(score: TargetScore, photo: Tensor) -> None:
    # On the folded network: a ReLU at its very edge may turn over where batch norms are not folded.
    method = captum_attr.IntegratedGradients(score)
    theirs = method.attribute(photo.clone(), n_steps=32, method="gausslegendre").float()
    ours = attribution.integrated_gradients(score, photo, samples=32)
    # A GPU rounds in other ways in batches of other sizes, which turns over such ReLUs, too.
    assert_close(ours, theirs, within(1e-4, 1e-2))
    whole = score(photo) - score(torch.zeros_like(photo))
    assert float(ours.sum()) == pytest.approx(float(whole.detach()), rel=0.15)


def test_guided_backprop_agrees_with_captum(score: TargetScore, photo: Tensor, plain: Plain, predicted: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = captum_attr.GuidedBackprop(plain).attribute(photo.clone().requires_grad_(), target=predicted)
    assert_close(attribution.guided_backprop(score, photo), theirs)


@pytest.mark.parametrize("layer", ["inception4e", "inception5a", "inception5b"])
@pytest.mark.slow
def test_grad_cam_agrees_with_captum(
    score: TargetScore, photo: Tensor, plain: Plain, predicted: int, layer: str
) -> None:
    theirs = captum_attr.LayerGradCam(plain, getattr(plain.inner, layer)).attribute(photo.clone(), target=predicted)
    theirs = F.interpolate(theirs.clamp_min(0), size=photo.shape[-2:], mode="bilinear", align_corners=False)
    assert theirs.max() > 0
    assert_close(attribution.grad_cam(score, photo, layer=layer), theirs)


def test_smooth_gradients_are_the_mean_under_noise(score: TargetScore, photo: Tensor) -> None:
    exact = attribution.smooth_gradient(score, photo, samples=2, noise=0.0)
    assert_close(exact, attribution.input_gradient(score, photo))
    first = attribution.smooth_gradient(score, photo, samples=12, seed=1)
    assert torch.equal(first, attribution.smooth_gradient(score, photo, samples=12, seed=1))
    assert not torch.equal(first, attribution.smooth_gradient(score, photo, samples=12, seed=2))


def test_guided_grad_cam_is_the_product(score: TargetScore, photo: Tensor) -> None:
    product = attribution.guided_backprop(score, photo) * attribution.grad_cam(score, photo)
    assert torch.equal(attribution.guided_grad_cam(score, photo), product)
    assert attribution.last_layer(score) == "inception5b"


def test_any_target_has_an_attribution(pocket: Network, photo: Tensor) -> None:
    target = Target.model_validate({"layer": "inception4c", "kernels": [7], "measure": "mean"})
    score = target_score(pocket, target, photo)
    leaf = photo.clone().requires_grad_(True)
    mean = pocket.cut(["inception4c"])(leaf)["inception4c"][:, 7].mean()
    (gradient,) = torch.autograd.grad(mean, leaf)
    assert_close(attribution.input_gradient(score, photo), gradient)
    assert attribution.last_layer(score) == "inception4b"
    with pytest.raises(TargetError, match="does not depend"):
        attribution.grad_cam(score, photo, layer="inception5a")


def test_rank_correlation() -> None:
    one = torch.arange(12.0).view(3, 4)
    assert attribution.rank_correlation(one, one**3) == pytest.approx(1)
    assert attribution.rank_correlation(one, -one) == pytest.approx(-1)


NAMES = ["googlenet", "vgg11", "resnet18", "inception_v3", "squeezenet1_1", "densenet121", "mobilenet_v3_small",
         "efficientnet_b0", "convnext_tiny", "alexnet"]  # fmt: skip
OF_OTHER_NONLINEARITIES = ("mobilenet_v3_small", "efficientnet_b0", "convnext_tiny")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.slow
def test_every_kind_of_network_has_attributions(name: str) -> None:
    network = load_network(NetworkChoice(name=name, weights="random"), device=str(DEVICE), precision="float32")
    photo = torch.rand((1, 3, 96, 96), generator=torch.Generator().manual_seed(1))
    score = target_score(network, class_target(predicted_class(network, photo)), photo)
    for method in ("gradient", "guided", "grad-cam"):
        if method == "guided" and name in OF_OTHER_NONLINEARITIES:
            with pytest.raises(TargetError, match="for ReLU only"):
                attribution.attribute(method, score, photo)
            continue
        attributed = attribution.attribute(method, score, photo)
        assert attributed.shape[-2:] == (96, 96) and torch.isfinite(attributed).all()
    leaf = photo.cpu().requires_grad_(True)
    logits = network.module.eval()(network.normalized(leaf))
    (gradient,) = torch.autograd.grad(logits[:, predicted_class(network, photo)].sum(), leaf)
    # A ReLU at its very edge may turn over where batch norms are folded, which some of these random networks magnify.
    # Others leave gradients of 1e-12, which the cosine takes for nothing unless they are enlarged first.
    both = attribution.input_gradient(score, photo).cpu(), gradient
    own, theirs = (each.flatten() / each.abs().max() for each in both)
    if DEVICE.type == "cuda" and name == "inception_v3":
        # Not rounding: on a CPU, noise of 1e-5 in every convolution's output leaves a cosine of 0.9999.
        pytest.xfail("a cosine of 0.6 on a GPU, in float32 and with random weights, for a reason that is not known")
    assert float(F.cosine_similarity(own, theirs, dim=0)) > 1 - within(1e-4)
    assert float(probabilities(network, photo).sum()) == pytest.approx(1, abs=1e-4)
