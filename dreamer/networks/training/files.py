"""What a training run writes: its state after each epoch, to go on from, and the finished weights."""

from __future__ import annotations

import hashlib
import io
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

from dreamer.errors import OutputError, TrainingError
from dreamer.networks.pocket import IMAGENET_MEAN, IMAGENET_STD, PocketNetwork
from dreamer.networks.training.photographs import Photographs
from dreamer.networks.training.plan import TrainingPlan
from dreamer.networks.weights import UNREADABLE


def save_pocket(network: PocketNetwork, classes: tuple[str, ...], path: Path, training: dict[str, object]) -> None:
    """Write `network` as float16 safetensors; architecture, classes and training settings go into its metadata."""
    facts = {
        "architecture": "pocket",
        **asdict(network.architecture),
        "classes": classes,
        "mean": IMAGENET_MEAN,
        "std": IMAGENET_STD,
        "training": training,
    }
    tensors = {
        name: (value.half() if value.is_floating_point() else value).cpu().contiguous()
        for name, value in network.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    # One entry, because safetensors writes several in random order, and equal runs shall give equal files.
    _write(path, save(tensors, {"dreamer": json.dumps(facts)}))


def make_folder(folder: Path) -> None:
    """Make a folder and those above it. Raises OutputError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"the folder cannot be made: {error.strerror}", where=str(folder)) from error


def run_key(
    plan: TrainingPlan, photographs: Photographs, start: tuple[dict[str, Tensor], tuple[str, ...]] | None
) -> str:
    """Digest of all that a run depends on: only a run with the same one is continued."""
    digest = hashlib.sha256(repr((plan, photographs.classes)).encode())
    digest.update(photographs.pixels[:: max(1, len(photographs.pixels) // 64)].numpy().tobytes())
    digest.update(photographs.labels.numpy().tobytes())
    if start is not None:
        for value in start[0].values():
            digest.update(value.float().numpy().tobytes())
    return digest.hexdigest()


def save_state(
    path: Path,
    key: str,
    epoch: tuple[int, int],
    network: nn.Module,
    average: nn.Module,
    optimizer: torch.optim.Optimizer,
) -> None:
    """Keep what a run needs to go on; `epoch`: how many are done, and of how many."""
    models = {"network": network.state_dict(), "average": average.state_dict(), "optimizer": optimizer.state_dict()}
    data = io.BytesIO()
    torch.save({"key": key, "epoch": epoch[0], "epochs": epoch[1], **models}, data)
    _write(path, data.getvalue())


def _write(path: Path, data: bytes) -> None:
    """Put `data` in place at once or not at all."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(data)
        os.replace(part, path)
    except OSError as error:
        remedy = "Make room or choose another --output; the run goes on from its last saved epoch."
        raise OutputError(f"cannot be written: {error.strerror}", where=str(path), remedy=remedy) from error


def state_path(path: Path) -> Path:
    """Where an unfinished run is kept."""
    return path.with_name(f"{path.name}.training")


def read_state(path: Path) -> dict[str, Any]:
    """The unfinished run at `path`. Raises TrainingError where it is damaged."""
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except UNREADABLE as error:
        raise TrainingError(
            "the unfinished run is damaged", where=str(path), remedy="Delete the file, and the run begins anew."
        ) from error
    return state


def restore(path: Path, key: str, network: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer) -> int:
    """Load an unfinished run with the same key and return the epochs it has done; 0 where there is none."""
    if not path.is_file():
        return 0
    state = read_state(path)
    if state["key"] != key:
        return 0
    network.load_state_dict(state["network"])
    average.load_state_dict(state["average"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["epoch"])
