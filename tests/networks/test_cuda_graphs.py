"""Captures, by a stand-in that works as CUDA graphs do, on the CPU: it replays the very operations that it captured.

What a graph would get wrong, it gets wrong: its inputs and outputs live in fixed memory that the next call overwrites,
and nothing but tensors can change from call to call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only

from dreamer.devices import DeviceChoice
from dreamer.dreaming.dream import dream
from dreamer.networks.cuda_graphs import CAPTURE_AT, GraphedModule, Module
from dreamer.networks.cut import Cut
from dreamer.networks.network import Network
from dreamer.networks.weights import load_named
from dreamer.presets import load_preset
from dreamer.presets.model.schema import Preset


class Operations(TorchDispatchMode):
    """The operations of a pass, to be done again on the same memory."""

    def __init__(self) -> None:
        super().__init__()
        self.operations: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], Any]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        self.operations.append((func, args, kwargs or {}, result))
        return result

    def replay(self) -> None:
        for func, args, kwargs, result in self.operations:
            again = func(*args, **kwargs)
            for old, new in zip(flat(result), flat(again), strict=True):
                if old.data_ptr() != new.data_ptr():
                    old.copy_(new)


def flat(values: Any) -> list[Tensor]:
    tensors: list[Tensor] = []
    tree_map_only(Tensor, tensors.append, values)
    return tensors


def capture(module: Module, static: Tensor) -> Module:
    """What `cuda_graphs` does, without a GPU."""
    with Operations() as forward:
        outputs = module(static)
    if not static.requires_grad:

        def replayed(x: Tensor) -> dict[str, Tensor]:
            static.copy_(x)
            forward.replay()
            return outputs

        return replayed
    grads = [torch.empty_like(value) for value in outputs.values()]
    with Operations() as backward, torch.no_grad():
        (gradient,) = torch.autograd.grad(list(outputs.values()), static, grads, retain_graph=True)

    class Graphed(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> tuple[Tensor, ...]:
            static.detach().copy_(x)
            forward.replay()
            return tuple(value.detach() for value in outputs.values())

        @staticmethod
        def backward(ctx: Any, *given: Tensor) -> Tensor:
            for place, value in zip(grads, given, strict=True):
                place.copy_(value)
            backward.replay()
            return gradient.detach()

    return lambda x: dict(zip(outputs, Graphed.apply(x), strict=True))


class WatchedCapture:
    """A capture function that keeps the sizes it was given, and those without a gradient."""

    def __init__(self, capture: Callable[..., Module]) -> None:
        self.capture, self.sizes, self.forward_only = capture, list[tuple[int, ...]](), list[tuple[int, ...]]()

    def __call__(self, module: Module, sample: Tensor) -> Module:
        (self.sizes if sample.requires_grad else self.forward_only).append(tuple(sample.shape))
        return self.capture(module, sample)


def pocket(monkeypatch: pytest.MonkeyPatch, watched: WatchedCapture | None = None) -> Network:
    """The shipped network, whose cuts capture themselves as they would on CUDA where `watched` is given."""
    made = Network.cut

    def watched_cut(network: Network, layers: Any, rectifier: Any = None, **options: Any) -> Cut:
        cut = made(network, layers, rectifier, **options)
        if watched is not None and not isinstance(cut._repeated, GraphedModule):
            cut._repeated = GraphedModule(cut.graph, watched, cut.bytes_per_pixel)
        return cut

    monkeypatch.setattr(Network, "cut", watched_cut)
    return Network(load_named("pocket", "default", None), DeviceChoice(torch.device("cpu"), torch.float32, ""))


@pytest.mark.parametrize("name", ["deep-dream", "caricature", "class-portrait", "whisper", "spectral"])
@pytest.mark.slow
def test_a_dream_is_the_same_when_it_is_replayed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = torch.rand(1, 3, 80, 96, generator=torch.Generator().manual_seed(0))
    preset = load_preset(name, ["octaves.steps=7", "octaves.count=2", "canvas.size=96"])
    with monkeypatch.context() as patch:
        plain = dream(preset, pocket(patch), photo)
    watched = WatchedCapture(capture)
    replayed = dream(preset, pocket(monkeypatch, watched), photo)
    torch.testing.assert_close(replayed, plain, atol=1e-4, rtol=0)
    assert len(set(watched.sizes)) == len(watched.sizes) > 0


@pytest.mark.parametrize("settings", [{"normalize_targets": True}, {"penalties": {"photo_features": 0.5}}], ids=str)
def test_targets_that_are_balanced_go_back_more_than_once(
    settings: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    targets = [{"layer": "conv2"}, {"layer": "inception3a"}]
    preset = Preset.model_validate({"targets": targets, "octaves": {"count": 1, "steps": 7}, **settings})
    photo = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with monkeypatch.context() as patch:
        plain = dream(preset, pocket(patch), photo)
    watched = WatchedCapture(capture)
    replayed = dream(preset, pocket(monkeypatch, watched), photo)
    torch.testing.assert_close(replayed, plain, atol=1e-4, rtol=0)
    assert watched.sizes == [(1, 3, 64, 64)]
    assert watched.forward_only == ([(1, 3, 64, 64)] if "penalties" in settings else [])


def module(x: Tensor) -> dict[str, Tensor]:
    return {"first": torch.relu(x), "second": (x * 3).relu_()}


def gradient(graphed: GraphedModule, x: Tensor) -> Tensor:
    leaf = x.clone().requires_grad_(True)
    outputs = graphed(leaf)
    return torch.autograd.grad((outputs["first"] + outputs["second"].square()).sum(), leaf)[0].clone()


def test_only_a_size_that_keeps_coming_is_captured() -> None:
    watched = WatchedCapture(capture)
    graphed = GraphedModule(module, watched, 100.0)
    often, seldom = torch.randn(1, 3, 8, 8), torch.randn(1, 3, 8, 4)
    for number in range(CAPTURE_AT + 2):
        for x in (often, seldom) if number < CAPTURE_AT - 1 else (often,):
            expected = (x > 0) * (1 + 18 * x)
            torch.testing.assert_close(gradient(graphed, x), expected)
        values = graphed(often)
        torch.testing.assert_close(values["second"], 3 * often.relu())
    assert watched.sizes == watched.forward_only == [(1, 3, 8, 8)]


def test_a_tiny_gradient_is_no_reason_against_a_capture() -> None:
    def faint(x: Tensor) -> dict[str, Tensor]:
        return {"faint": x.square() * 1e-10}

    watched = WatchedCapture(capture)
    graphed, x = GraphedModule(faint, watched, 1.0), torch.rand(1, 3, 8, 8)
    for _ in range(CAPTURE_AT):
        leaf = x.clone().requires_grad_(True)
        (found,) = torch.autograd.grad(graphed(leaf)["faint"].sum(), leaf)
    torch.testing.assert_close(found, 2e-10 * x, atol=1e-16, rtol=1e-4)
    (captured,) = graphed._captured.values()
    assert captured.replay is not None


def test_captures_share_a_budget_and_those_that_nobody_uses_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dreamer.networks.cuda_graphs.MAX_BYTES", 150)
    monkeypatch.setattr("dreamer.networks.cuda_graphs.IDLE_CALLS", 2 * CAPTURE_AT)
    watched = WatchedCapture(capture)
    graphed = GraphedModule(module, watched, 1.0)
    for side in (10, 11, 13, 11, 11, 11):
        for _ in range(CAPTURE_AT):
            gradient(graphed, torch.randn(1, 3, side, side))
    # 13 x 13 is more than all there is; 11 x 11 has to wait until 10 x 10 has been idle for long enough.
    assert [size[-1] for size in watched.sizes] == [10, 11]


def test_what_cannot_be_captured_runs_as_ever() -> None:
    def fails(module: Module, sample: Tensor) -> Module:
        raise RuntimeError("operation not permitted when stream is capturing")

    def lies(module: Module, sample: Tensor) -> Module:
        replayed = capture(module, sample)
        return lambda x: replayed(x.flip(3))

    for failing in (fails, lies):
        watched = WatchedCapture(failing)
        graphed = GraphedModule(module, watched, 1.0)
        for _ in range(CAPTURE_AT + 3):
            x = torch.randn(1, 3, 8, 8)
            torch.testing.assert_close(gradient(graphed, x), (x > 0) * (1 + 18 * x))
        assert len(watched.sizes) == 1
