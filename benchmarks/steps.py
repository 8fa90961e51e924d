"""One gradient step, from the plain loop to dreamer's, on networks with random weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from benchmarks.timing import interleaved, table
from dreamer.dreaming.ascent import OctaveAscent, Pace
from dreamer.dreaming.canvas import PixelCanvas
from dreamer.dreaming.events import ignore
from dreamer.dreaming.gradient import TargetGradient
from dreamer.dreaming.passes import Objective
from dreamer.dreaming.penalties import regularization
from dreamer.dreaming.randomness import generator_at
from dreamer.dreaming.targets import bind_target
from dreamer.networks import Network, load_network
from dreamer.networks.cut import Cut, Trace
from dreamer.networks.weights import load_named
from dreamer.presets import Preset
from dreamer.presets.model.schema import NetworkChoice

SIDE = 512
CPU = torch.device("cpu")


def plain_loop(name: str, layer: str) -> Callable[[Tensor], Tensor]:
    """The picture's gradient as scripts compute it: a hook on the layer of the whole network, float32, weights live."""
    loaded = load_named(name, "random", None)
    network = loaded.module.eval()
    seen: list[Tensor] = []
    network.get_submodule(layer).register_forward_hook(lambda module, inputs, output: seen.append(output))
    mean = torch.tensor(loaded.mean).view(1, 3, 1, 1)
    std = torch.tensor(loaded.std).view(1, 3, 1, 1)
    for parameter in network.parameters():
        parameter.requires_grad_(True)

    def gradient(image: Tensor) -> Tensor:
        leaf = image.clone().requires_grad_(True)
        seen.clear()
        network.zero_grad()
        network((leaf - mean) / std)
        (seen[0].square().mean() / 2).backward()
        return torch.zeros_like(leaf) if leaf.grad is None else leaf.grad

    return gradient


def cut_gradient(cut: Callable[[Tensor], dict[str, Tensor]], layer: str) -> Callable[[Tensor], Tensor]:
    """The bare gradient of a cut network, and nothing else."""

    def gradient(image: Tensor) -> Tensor:
        leaf = image.clone().requires_grad_(True)
        score = cut(leaf)[layer].float().square().mean() / 2
        return torch.autograd.grad(score, leaf)[0]

    return gradient


def _contiguous(cut: Cut) -> Cut:
    module: nn.Module = cut._module
    cut._module = module.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload, assignment]
    normal = cut._normal
    cut._normal = lambda image: normal(image).contiguous()  # type: ignore[method-assign]
    return cut


def whole_steps(network: Network, layer: str, preset: Preset) -> Callable[[Tensor, int], Iterator[Tensor]]:
    """dreamer's own steps with everything in them: jitter, blur, penalties, normalization, the picture's change.

    Returns a function that takes so many steps on a picture, as an octave does, and yields it after each.
    """
    cut = network.cut([layer])

    def pictures(image: Tensor, count: int) -> Iterator[Tensor]:
        objective = Objective([bind_target(preset.targets[0], network, {}, image, SIDE)], [None], False)
        gradient = TargetGradient(cut, objective, tile=None, halo=0, report=ignore)
        pace = Pace(octave=0, before=0, total=count)
        climb = OctaveAscent(preset.ascent, gradient, regularization(preset), image, None, False, image, pace)
        canvas = PixelCanvas(image)
        for _ in climb.steps(canvas, count, lambda step: generator_at(0, 0, 0, step)):
            yield canvas.picture()

    return pictures


def report(name: str, layer: str, rounds: int) -> str:
    """The table of one network."""
    choice = NetworkChoice(name=name, weights="random")
    image = torch.rand(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    loaded = load_named(name, "random", None)
    trace = Trace(loaded.module)

    def cut(*, fold: bool, precision: torch.dtype) -> Cut:
        return Cut(trace, [layer], mean=loaded.mean, std=loaded.std, device=CPU, precision=precision, fold=fold)

    fast = load_network(choice, device="cpu")
    preset = Preset.model_validate(
        {
            "targets": [{"layer": layer}],
            "ascent": {"jitter": 32, "smooth": 0.8},
            "penalties": {"color": 0.1, "edges": 0.1, "photo_pixels": 0.1},
        }
    )
    bare = {
        "plain loop, whole network, float32": plain_loop(name, layer),
        "cut, frozen": cut_gradient(_contiguous(cut(fold=False, precision=torch.float32)), layer),
        "and channels-last": cut_gradient(cut(fold=False, precision=torch.float32), layer),
        "and batch norm folded": cut_gradient(cut(fold=True, precision=torch.float32), layer),
        f"and {str(fast.precision).removeprefix('torch.')}": cut_gradient(fast.cut([layer]), layer),
    }
    steps = whole_steps(fast, layer, preset)
    ways: dict[str, Callable[[], object]] = {key: lambda way=way: way(image) for key, way in bare.items()}  # type: ignore[misc]
    ways["dreamer's whole step"] = lambda: list(steps(image, 1))
    return table(f"{name} to {layer}, {SIDE} x {SIDE}, one step", interleaved(ways, rounds))
