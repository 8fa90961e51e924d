"""How near a dream's step comes to what the GPU can do, what the host costs it, its memory, and the rate of films.

On a machine without a GPU there is nothing to measure, and the table says so.
"""

from __future__ import annotations

import gc
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, fx, nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.steps import cut_gradient, whole_steps
from dreamer import animate
from dreamer.dreaming.dream import dream
from dreamer.networks import Network, load_network
from dreamer.networks.cut import node_sizes
from dreamer.presets import Preset
from dreamer.presets.model.schema import NetworkChoice

NETWORKS = {"googlenet": "inception4c", "vgg16": "features.22"}
SIDES = (512, 1024, 2048)
MEMORY_SIDES = (1024, 2048, 4096, 8192)
STEPS = 10
REPEATS = 5
MATRIX = 8192
COUNTED = 256  # side in px of the picture whose operations are counted
BYTES = 2  # of a value in bfloat16
PHOTO = Path(__file__).resolve().parents[1] / "inputs" / "sky.jpg"
LAUNCHES = ("cudaLaunchKernel", "cudaLaunchKernelExC", "cuLaunchKernel", "cuLaunchKernelEx", "cudaGraphLaunch")
WAITS = ("cudaStreamSynchronize", "cudaEventSynchronize", "cudaMemcpy")


@dataclass(frozen=True)
class Ceilings:
    """What the card does at most, as measured: floating-point operations a second, and bytes a second."""

    operations: float
    bytes: float


def report() -> Iterator[str]:
    """All tables, line by line as they are measured."""
    if not torch.cuda.is_available():
        yield "no CUDA GPU here: nothing to measure"
        return
    device = torch.device("cuda")
    ceilings = measured_ceilings(device)
    yield f"{torch.cuda.get_device_name()}, torch {torch.__version__}"
    yield (
        f"bfloat16 matrix product of {MATRIX}: {ceilings.operations / 1e12:.0f} TFLOP/s; "
        f"copy: {ceilings.bytes / 1e12:.2f} TB/s, read and written"
    )
    yield from _rates()
    for name, layer in NETWORKS.items():
        yield from _steps_table(name, layer, ceilings)
    yield from _memory_table()


def seconds_of(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median seconds on the GPU, by its own events, after one run that is not counted."""
    work()
    taken = []
    for _ in range(repeats):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        work()
        end.record()
        torch.cuda.synchronize()
        taken.append(begin.elapsed_time(end) / 1000)
    return statistics.median(taken)


def measured_ceilings(device: torch.device) -> Ceilings:
    """Of a large matrix product and a large copy."""
    generator = torch.Generator().manual_seed(0)
    one, other = (torch.randn(MATRIX, MATRIX, generator=generator).to(device, torch.bfloat16) for _ in range(2))
    operations = 2 * MATRIX**3 / seconds_of(lambda: one @ other, 20)
    large = torch.empty(1 << 30, dtype=torch.uint8, device=device)
    target = torch.empty_like(large)
    return Ceilings(operations, 2 * large.numel() / seconds_of(lambda: target.copy_(large), 20))


def operations_per_pixel(name: str, layer: str) -> float:
    """Floating-point operations of one gradient for each px, as torch counts them; of fused kernels it counts none."""
    network = load_network(NetworkChoice(name=name, weights="random"), device="cpu", precision="float32")
    gradient = cut_gradient(network.cut([layer]), layer)
    counter = FlopCounterMode(display=False)
    with counter:
        gradient(torch.rand(1, 3, COUNTED, COUNTED))
    return float(counter.get_total_flops()) / COUNTED**2


def floor_seconds(module: fx.GraphModule, side: int, ceilings: Ceilings) -> float:
    """The least that one gradient takes where every convolution and pooling runs at a ceiling and the rest is free.

    Each reads its input and writes its output once in each direction; the larger of the time for operations and the
    time for bytes counts.
    """
    sizes, total = node_sizes(module, side, side), 0.0
    for node in module.graph.nodes:
        layer = module.get_submodule(str(node.target)) if node.op == "call_module" else None
        if not isinstance(layer, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
            continue
        given, made = (torch.Size(sizes[each.name]).numel() for each in (node.all_input_nodes[0], node))
        each_way = BYTES * (given + made) / ceilings.bytes
        if isinstance(layer, nn.Conv2d):
            each_way = max(each_way, 2 * made * layer.weight[0].numel() / ceilings.operations)
        total += 2 * each_way
    return total


def _steps_table(name: str, layer: str, ceilings: Ceilings) -> Iterator[str]:
    network = load_network(NetworkChoice(name=name, weights="random"), device="cuda")
    cut = network.cut([layer])
    preset = Preset.model_validate({"targets": [{"layer": layer}], "ascent": {"jitter": 32}})
    pictures = whole_steps(network, layer, preset)
    graphs, per_pixel = cut._repeated, operations_per_pixel(name, layer)
    yield f"\n{name} to {layer}, {str(network.precision).removeprefix('torch.')}, ms"
    yield (
        f"{'side':>6}{'floor':>9}{'gradient':>10}{'graphed':>9}{'step':>8}{'graphed':>9}"
        f"{'of matrix rate':>16}{'of roofline':>13}{'launches':>10}{'graphed':>9}{'waits':>7}"
    )
    for side in SIDES:
        image = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0)).cuda()
        operations, floor = per_pixel * side**2, floor_seconds(cut.graph, side, ceilings)
        taken = []
        for passes in (cut.graph, graphs):
            cut._repeated = passes
            taken.append(_measured(cut_gradient(cut.repeated, layer), pictures, image))
        plain, graphed = taken
        # Both shares are the gradient's; the rest of a step is launches.
        best = min(plain.gradient, graphed.gradient)
        yield (
            f"{side:6}{1000 * floor:9.3f}{1000 * plain.gradient:10.3f}{1000 * graphed.gradient:9.3f}"
            f"{1000 * plain.step:8.3f}{1000 * graphed.step:9.3f}{operations / best / ceilings.operations:16.1%}"
            f"{floor / best:13.1%}{plain.launches:10.1f}{graphed.launches:9.1f}{graphed.waits:7.1f}"
        )
        torch.cuda.empty_cache()


@dataclass(frozen=True)
class _Measured:
    """Seconds of a bare gradient and of a whole step; how often the host launches kernels and waits in a step."""

    gradient: float
    step: float
    launches: float
    waits: float


def _measured(
    gradient: Callable[[Tensor], Tensor], pictures: Callable[[Tensor, int], Iterable[Tensor]], image: Tensor
) -> _Measured:
    for _ in range(6):  # past the call at which a size is captured
        gradient(image)
    bare = seconds_of(lambda: [gradient(image) for _ in range(STEPS)])
    whole = seconds_of(lambda: list(pictures(image, STEPS)))
    calls = counted(lambda: list(pictures(image, STEPS)))
    launches, waits = (sum(calls[name] for name in names) for names in (LAUNCHES, WAITS))
    return _Measured(bare / STEPS, whole / STEPS, launches / STEPS, waits / STEPS)


def counted(work: Callable[[], object]) -> Counter[str]:
    """How often the host called each of the driver's functions and torch's operations."""
    activities = [torch.profiler.ProfilerActivity.CPU, torch.profiler.ProfilerActivity.CUDA]
    with torch.profiler.profile(activities=activities) as profile:
        work()
        torch.cuda.synchronize()
    return Counter({event.key: event.count for event in profile.key_averages()})


def _memory_table() -> Iterator[str]:
    """Peak memory of a dream of one step at each of three octaves."""
    network = load_network(NetworkChoice(name="googlenet", weights="random"), device="cuda")
    preset = Preset.model_validate({"targets": [{"layer": "inception4c"}], "octaves": {"count": 3, "steps": 1}})
    yield "\ngooglenet to inception4c, three octaves of one step"
    yield f"{'side':>6}{'peak GiB':>10}{'seconds':>9}"
    for side in MEMORY_SIDES:
        gc.collect()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        photo = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0))
        began = time.perf_counter()
        free, _ = torch.cuda.mem_get_info()
        dream(preset, network, photo, free_memory=free).cpu()
        taken = time.perf_counter() - began
        yield f"{side:6}{torch.cuda.max_memory_allocated() / 2**30:10.2f}{taken:9.2f}"


def _rates() -> Iterator[str]:
    """Frames a second of a film, and pictures a second that a live preview can show, both at 512 px."""
    network = load_network("pocket", device="cuda")
    preset = Preset.model_validate(
        {
            "targets": [{"layer": "inception4c"}],
            "octaves": {"count": 2, "scale": 1.4, "steps": 6},
            "canvas": {"size": [512, 512]},
            "animation": {"length": "72f", "zoom": 1.3, "lead_in": 1},
        }
    )
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(2):  # the first pays for starting up
            began = time.perf_counter()
            animate(PHOTO, Path(folder) / f"{number}.mp4", preset, network=network)
            seconds.append(time.perf_counter() - began)
    yield f"a film at 512 x 512, pocket to inception4c, 2 octaves of 6 steps: {72 / seconds[-1]:.1f} frames/s"
    yield f"a live preview at 512 x 512, each step's picture read by the host: {_preview_rate(network):.1f} pictures/s"


def _preview_rate(network: Network) -> float:
    preset = Preset.model_validate({"targets": [{"layer": "inception4c"}], "ascent": {"jitter": 32}})
    photo = torch.rand(1, 3, 512, 512, generator=torch.Generator().manual_seed(0)).cuda()
    warm_up, count = 10, 60
    began = 0.0
    for number, picture in enumerate(whole_steps(network, "inception4c", preset)(photo, warm_up + count), 1):
        (picture * 255).round().byte().cpu()
        if number == warm_up:
            began = time.perf_counter()
    return count / (time.perf_counter() - began)
