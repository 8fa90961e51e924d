"""Nothing mixes devices: the whole mathematics on tensors that only claim to be on a GPU.

torch's fake tensors have shapes and devices but no values, and refuse what a GPU would refuse: an operation on tensors
of two devices. Values that are read become constants, and gradients, which need a real GPU, are only shaped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.utils._python_dispatch import _disable_current_modes

from dreamer.devices import DeviceChoice
from dreamer.dreaming.dream import dream
from dreamer.inspection import (
    activations,
    attribution,
    deconvolution,
    embedding,
    fooling,
    heatmaps,
    inversion,
    kernels,
    occlusion,
    scoring,
    strongest_patches,
    suggestion,
)
from dreamer.motion.frames import FrameLoop
from dreamer.networks.cut import Cut
from dreamer.networks.network import Network
from dreamer.networks.weights import load_named
from dreamer.presets import load_preset
from dreamer.presets.source.named_files import named_pictures

RELEASE = tuple(int(part) for part in torch.__version__.split(".")[:2])
pytestmark = pytest.mark.skipif(
    RELEASE < (2, 12), reason="fake tensors of older torch crash on a GPU that is not there"
)
CUDA = torch.device("cuda", 0)
STILLS = (
    "deep-dream",
    "spectral",
    "style",
    "guided",
    "caricature",
    "whisper",
    "halo",
    "unit-portrait",
    "class-portrait",
)
FILMS = ("infinite-zoom", "breathing", "endless", "kernel-tour")


def listed(value: Tensor) -> Any:
    def ones(shape: tuple[int, ...]) -> Any:
        one = 1.0 if value.is_floating_point() else 0
        return [ones(shape[1:]) for _ in range(shape[0])] if shape else one

    return ones(tuple(value.shape))


def shaped(outputs: Tensor, inputs: Tensor | Iterable[Tensor], grad_outputs: Tensor | None = None, **_: Any) -> Any:
    if grad_outputs is not None:
        _ = outputs * grad_outputs
    return tuple(torch.empty_like(each).detach() for each in ([inputs] if isinstance(inputs, Tensor) else inputs))


class OnGpu(Network):
    """The shipped network, its cuts made as ever and then moved to a GPU that is not there."""

    def cut(self, layers: Iterable[str], rectifier: Any = None, **settings: Any) -> Cut:
        self.device = torch.device("cpu")
        with _disable_current_modes():
            cut = super().cut(layers, rectifier, **settings)
        self.device = CUDA
        if cut._scale.device != CUDA:
            for module in cut.graph.modules():
                for name, weight in list(module._parameters.items()):
                    if weight is not None:
                        empty = torch.empty(weight.shape, dtype=weight.dtype, device=CUDA)
                        module._parameters[name] = nn.Parameter(empty, requires_grad=False)
            cut._scale, cut._shift = (torch.empty(each.shape, device=CUDA) for each in (cut._scale, cut._shift))
        return cut


@pytest.fixture(scope="module")
def network() -> Network:
    made = OnGpu(load_named("pocket", "default", None), DeviceChoice(torch.device("cpu"), torch.bfloat16, ""))
    made.kernels("conv1")
    made.device = CUDA
    return made


@pytest.fixture(autouse=True)
def gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """Counts how often the host reads from the GPU, by what it does to read."""
    reads: Counter[str] = Counter()

    def reading(name: str, read: Callable[..., Any]) -> Callable[..., Any]:
        def counted(self: Tensor, *args: Any, **options: Any) -> Any:
            reads[name] += self.device == CUDA
            return read(self, *args, **options)

        return counted

    constants = {"item": 1.0, "__float__": 1.0, "__int__": 0, "__index__": 0, "__bool__": False}
    for name, value in constants.items():
        monkeypatch.setattr(FakeTensor, name, reading(name, lambda self, value=value: value), raising=False)
    monkeypatch.setattr(FakeTensor, "tolist", reading("tolist", listed), raising=False)
    monkeypatch.setattr(FakeTensor, "cpu", reading("cpu", FakeTensor.cpu), raising=False)
    monkeypatch.setattr(torch.autograd, "grad", shaped)
    with FakeTensorMode(allow_non_fake_inputs=True):
        yield reads


@pytest.fixture
def photo() -> Tensor:
    return torch.empty(1, 3, 72, 96)


def test_it_would_be_seen(network: Network, photo: Tensor) -> None:
    with pytest.raises(RuntimeError, match="cuda"):
        photo.to(CUDA) + photo
    with pytest.raises(RuntimeError, match="cuda"):
        network.cut(["conv1"])(photo)


@pytest.mark.parametrize("name", STILLS)
@pytest.mark.slow
def test_a_still(name: str, network: Network, photo: Tensor) -> None:
    preset = load_preset(name, ["octaves.steps=2", "canvas.size=96"])
    pictures = {path: torch.empty(1, 3, 80, 80) for path in named_pictures(preset)}
    made = dream(preset, network, photo if preset.canvas.start == "photo" else None, pictures=pictures)
    assert made.device == CUDA


@pytest.mark.parametrize("name", STILLS)
@pytest.mark.slow
def test_the_steps_never_wait_for_the_gpu(name: str, network: Network, photo: Tensor, gpu: Counter[str]) -> None:
    counted = []
    for steps in (2, 5):
        gpu.clear()
        preset = load_preset(name, [f"octaves.steps={steps}", "octaves.count=1", "canvas.size=96"])
        pictures = {path: torch.empty(1, 3, 80, 80) for path in named_pictures(preset)}
        dream(preset, network, photo if preset.canvas.start == "photo" else None, pictures=pictures)
        counted.append(gpu.copy())
    assert counted[0] == counted[1]


def test_a_wait_would_be_counted(gpu: Counter[str]) -> None:
    there = torch.empty(3, device=CUDA)
    float(there.mean()), there.cpu(), there.tolist(), bool(there.mean() > 0)
    assert sum(gpu.values()) >= 4


@pytest.mark.slow
def test_tiles(network: Network, photo: Tensor) -> None:
    preset = load_preset("deep-dream", ["octaves.steps=1", "canvas.size=128", "tiles.size=64"])
    assert dream(preset, network, photo).device == CUDA


@pytest.mark.parametrize("name", FILMS)
@pytest.mark.slow
def test_a_film(name: str, network: Network, photo: Tensor) -> None:
    preset = load_preset(name, ["octaves.steps=1", "octaves.count=1", "canvas.size=96", "animation.lead_in=1"])
    loop = FrameLoop(preset, network, photo if preset.canvas.start == "photo" else None, earlier=lambda number: photo)
    assert {frame.picture.device for frame in loop.frames(stop=3)} == {CUDA}


INSPECTIONS: dict[str, Callable[[Network, Tensor], object]] = {
    **{
        method: lambda network, photo, method=method: attribution.saliency_map(
            attribution.attribute(
                method, scoring.target_score(network, scoring.class_target(3), photo), photo, samples=4
            )
        )
        for method in ("gradient", "smooth", "integrated", "guided", "grad-cam", "guided-grad-cam")
    },
    "occlusion": lambda network, photo: occlusion.occlude(network, photo, 3, 40, 40),
    "deconvnet": lambda network, photo: deconvolution.project(network, photo, "inception4c", [3]),
    "activations": lambda network, photo: activations.feature_maps(network, photo, ["conv1", "inception4c"], 4),
    "top": lambda network, photo: strongest_patches.top_patches(network, [photo.cpu()], "inception4c", [3], 2),
    "embedding": lambda network, photo: embedding.features_of(network, [photo.cpu()], "inception4c"),
    "fooling": lambda network, photo: fooling.fool(network, photo, 3, method="fgsm", halvings=1),
    "inversion": lambda network, photo: inversion.invert(network, photo, "inception3b", steps=2),
    "templates": lambda network, photo: kernels.templates(network, "inception3a", [1, 2]),
    "suggestions": lambda network, photo: suggestion.suggest_kernels(network, photo),
    "heat maps": lambda network, photo: heatmaps.sized(heatmaps.smoothed(photo[0, 0], 1.2), 36, 48),
}


@pytest.mark.parametrize("name", INSPECTIONS)
@pytest.mark.slow
def test_a_look_inside(name: str, network: Network, photo: Tensor) -> None:
    INSPECTIONS[name](network, photo.to(CUDA))
