"""`dreamer doctor`: what this machine has, and what is missing."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from dreamer.cli.options import device_option, json_option
from dreamer.cli.running import MISSING
from dreamer.cli.tables import print_rows, print_table
from dreamer.errors import DreamerError


@dataclass(frozen=True)
class Finding:
    """One line of the report; dreamer cannot render without what is `needed`."""

    name: str
    value: str
    ok: bool = True
    needed: bool = True

    @property
    def state(self) -> str:
        """Its state in one word."""
        return "ok" if self.ok else "MISSING" if self.needed else "absent"


@click.command()
@device_option
@json_option
@click.pass_context
def command(ctx: click.Context, device: str, as_json: bool) -> None:
    """Show which device is used and why, and whether networks, their cache and ffmpeg are in place."""
    findings = list(_examine(device))
    if as_json:
        print_rows([asdict(finding) for finding in findings], as_json)
    else:
        rows = [{"name": finding.name, "state": finding.state, "value": finding.value} for finding in findings]
        print_table(rows, headed=False)
    if any(finding.needed and not finding.ok for finding in findings):
        ctx.exit(MISSING)


def _examine(device: str) -> Iterator[Finding]:
    import PIL
    import torch
    import torchvision

    from dreamer import __version__
    from dreamer.devices import choose_device, free_memory

    yield Finding("dreamer", f"{__version__}, Python {platform.python_version()}, {platform.system()}")
    yield Finding("torch", f"{torch.__version__}, torchvision {torchvision.__version__}, Pillow {PIL.__version__}")
    try:
        choice = choose_device(device)
        yield Finding("device", choice.reason)
        yield Finding("memory", f"{free_memory(choice.device) / 2**30:.1f} GiB free, {torch.get_num_threads()} threads")
    except DreamerError as error:
        yield Finding("device", str(error), ok=False)
    yield _pocket()
    yield _cache()
    yield _ffmpeg()


def _pocket() -> Finding:
    from dreamer.networks import load_network

    try:
        network = load_network("pocket", device="cpu")
    except DreamerError as error:
        return Finding("pocket", str(error), ok=False)
    return Finding("pocket", f"{len(network.classes)} classes, SHA-256 {network.weights_digest[:8]}")


def _cache() -> Finding:
    from dreamer.networks.download import cache_folder

    folder = cache_folder()
    files = sorted(folder.glob("*.pth")) if folder.is_dir() else []
    size = sum(file.stat().st_size for file in files) / 1e6
    return Finding("weights", f"{len(files)} downloaded, {size:.0f} MB, in {folder}", ok=True, needed=False)


def _ffmpeg() -> Finding:
    from dreamer.film.executable import find_ffmpeg, run

    try:
        program = find_ffmpeg()
        answer = run([program, "-version"])
    except DreamerError as error:
        return Finding("ffmpeg", f"needed for films only: {error}", ok=False, needed=False)
    return Finding("ffmpeg", f"{answer.stdout.split(' Copyright')[0]} ({Path(program).name})", needed=False)
