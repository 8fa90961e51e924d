"""What a training run writes: its state after each epoch, to go on from, and the finished weights."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import torch
from pydantic import Field, TypeAdapter
from safetensors.torch import save

from dreamer.atomic import atomic_write
from dreamer.bounded import regular
from dreamer.errors import OutputError, TrainingError
from dreamer.networks.pocket import IMAGENET_MEAN, IMAGENET_STD, PocketNetwork
from dreamer.networks.state_files import UNREADABLE
from dreamer.networks.training.learner import Learner
from dreamer.networks.training.photographs import Photographs
from dreamer.networks.training.training_plan import TrainingPlan
from dreamer.networks.weights import LoadedNetwork
from dreamer.refusals import refusal

# Of the states of unfinished runs; those of another are not continued.
FORMAT = 2
REMEDY = "Make room or choose another --output; the run goes on from its last saved epoch."


@dataclass(frozen=True)
class UnfinishedRun:
    """What a run goes on from: the digest of what it depends on, the epochs that are done, and of how many."""

    key: str
    epoch: Annotated[int, Field(ge=0, le=10_000)]
    epochs: Annotated[int, Field(ge=1, le=10_000)]
    learner: dict[str, dict[str, Any]]


_RUN = TypeAdapter(UnfinishedRun)


def save_pocket(network: PocketNetwork, classes: tuple[str, ...], path: Path, training: dict[str, object]) -> None:
    """Write `network` as float16 safetensors; architecture, classes and training settings go into its metadata.

    Raises OutputError.
    """
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
    # One entry, because safetensors writes several in random order, and equal runs must give equal files.
    with atomic_write(path, remedy=REMEDY) as file:
        file.write(save(tensors, {"dreamer": json.dumps(facts)}))


def make_folder(folder: Path) -> None:
    """Make a folder and those above it. Raises OutputError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refusal(OutputError, "the folder cannot be made", error, folder) from error


def run_key(plan: TrainingPlan, photographs: Photographs, start: LoadedNetwork | None) -> str:
    """Digest of all that a run depends on: only a run with the same one is continued."""
    digest = hashlib.sha256(repr((FORMAT, plan, photographs.classes)).encode())
    digest.update(photographs.pixels[:: max(1, len(photographs.pixels) // 64)].numpy().tobytes())
    digest.update(photographs.labels.numpy().tobytes())
    if start is not None:
        for value in start.module.state_dict().values():
            digest.update(value.float().numpy().tobytes())
    return digest.hexdigest()


def save_state(path: Path, key: str, epoch: tuple[int, int], learner: Learner) -> None:
    """Keep what a run needs to go on; `epoch`: how many are done, and of how many. Raises OutputError."""
    # Not into the file: where the disk is full, torch's own error takes the place of the one that says so.
    data = io.BytesIO()
    torch.save({"key": key, "epoch": epoch[0], "epochs": epoch[1], "learner": learner.state()}, data)
    with atomic_write(path, remedy=REMEDY) as file:
        file.write(data.getbuffer())


def state_path(path: Path) -> Path:
    """Where an unfinished run is kept."""
    return path.with_name(f"{path.name}.training")


def read_state(path: Path) -> UnfinishedRun:
    """The unfinished run at `path`. Raises TrainingError where it is damaged, or cannot be read now."""
    try:
        return _RUN.validate_python(torch.load(regular(path), map_location="cpu", weights_only=True))
    except OSError as error:
        raise refusal(TrainingError, "the unfinished run cannot be read", error, path) from error
    except UNREADABLE as error:
        raise _damaged(path) from error


def restore(path: Path, key: str, learner: Learner) -> int:
    """Load an unfinished run with the same key and return the epochs it has done; 0 where there is none.

    Raises TrainingError where it is damaged.
    """
    if not path.is_file():
        return 0
    state = read_state(path)
    if state.key != key:
        return 0
    try:
        learner.restore(state.learner)
    except (TypeError, AttributeError, *UNREADABLE) as error:
        raise _damaged(path) from error
    return state.epoch


def _damaged(path: Path) -> TrainingError:
    remedy = "Delete the file, and the run begins anew."
    return TrainingError("the unfinished run is damaged", where=str(path), remedy=remedy)
