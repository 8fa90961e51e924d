"""Weights: shipped, downloaded and verified, or a person's own files."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import pickle
import re
import struct
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import torch
from filelock import FileLock
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from dreamer.errors import WeightsError
from dreamer.networks.catalogue import POCKET, SHIPPED, Entry, find_entry
from dreamer.networks.pocket import ACTIVATIONS, IMAGENET_MEAN, IMAGENET_STD, Architecture, PocketNetwork
from dreamer.presets.source.lookup import is_path

SUFFIX = ".safetensors"
DATA = Path(__file__).parent / "data"
# SHA-256 of the files of the networks that ship.
SHIPPED_DIGESTS = {
    "pocket": "3fef536c29749d5526f5d8f7ce6ea5abbeccd85483bf9e4b343d5f5e3c77afb4",
    "pocket-fine": "a5f0e5c71ff90c36f401d1e694fbdbee4a8e9ae8d7d3b15830f50bd57ebe90ff",
}
CHUNK = 1 << 18
TIMEOUT = 30.0

DownloadListener = Callable[[int, int], None]

# What torch.load raises for files that are cut short, changed, or of another kind.
UNREADABLE = (
    RuntimeError, ValueError, EOFError, LookupError, AssertionError, struct.error, pickle.UnpicklingError,
)  # fmt: skip


@dataclass(frozen=True)
class Loaded:
    """A network with its weights, what normalizes its input, and its classes.

    `file` holds the weights, or is None where they are random or in torch's cache.
    """

    name: str
    module: nn.Module
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    digest: str
    file: Path | None = None


def shipped_file(name: str) -> Path:
    """The weights of a network that ships."""
    return DATA / f"{name}{SUFFIX}"


def load_named(
    name: str, weights: str, labels: tuple[str, ...] | None, *, listen: DownloadListener | None = None
) -> Loaded:
    """A network of the catalogue with default, random, or a file's weights, or the pocket network of a path.

    `labels` take the place of its classes' names. Raises WeightsError where their number differs.
    """
    if is_path(name, SUFFIX):
        loaded = load_pocket_file(Path(name))
    else:
        loaded = _load_shipped(name, weights) if name in SHIPPED else _load_entry(find_entry(name), weights, listen)
    return loaded if labels is None else _relabelled(loaded, labels)


def _relabelled(loaded: Loaded, labels: tuple[str, ...]) -> Loaded:
    if len(labels) != len(loaded.classes):
        raise WeightsError(
            f"{loaded.name} has {len(loaded.classes)} classes, but there are {len(labels)} labels",
            remedy="Give one label a line, in the order of the network's outputs.",
        )
    return replace(loaded, classes=labels)


def load_pocket(name: str) -> Loaded:
    """A network that ships, by its name, or the pocket network of a path."""
    return load_pocket_file(shipped_file(name) if name in SHIPPED else Path(name))


def load_pocket_file(path: Path) -> Loaded:
    """A pocket network that `dreamer networks train` wrote. Raises WeightsError for any other file."""
    tensors, metadata = _read_safetensors(path)
    try:
        facts = json.loads(metadata["dreamer"])
        known = facts["architecture"] == POCKET
        classes = tuple(facts["classes"])
        architecture = _architecture(facts)
        mean, std = tuple(facts["mean"]), tuple(facts["std"])
    except (ValueError, TypeError, KeyError):
        known = False
    if not known:
        raise WeightsError(
            "is not a pocket network",
            where=str(path),
            remedy='Name the network it belongs to: network = { name = "resnet50", weights = "FILE" }.',
        )
    module = PocketNetwork(len(classes), architecture)
    _load_state(module, {key: value.float() for key, value in tensors.items()}, path)
    return Loaded(path.stem, module, classes, mean, std, sha256(path), path)


def _architecture(facts: Mapping[str, Any]) -> Architecture:
    """The architecture in a file's metadata. Raises KeyError, TypeError or ValueError for one that is not known."""
    activation = facts.get("activation", "relu")
    if activation not in ACTIVATIONS:
        raise ValueError(f"unknown activation {activation!r}")
    return Architecture(float(facts["width"]), bool(facts.get("antialiased", False)), activation)


def cache_folder() -> Path:
    """Where torch keeps downloaded weights; TORCH_HOME moves it."""
    return Path(torch.hub.get_dir()) / "checkpoints"


def cached_weights(
    entry: Entry, *, url: str | None = None, folder: Path | None = None, listen: DownloadListener | None = None
) -> Path:
    """The entry's weights in torch's cache, downloaded and verified where they are not there yet.

    Raises WeightsError without a connection (or with DREAMER_OFFLINE=1), and for a file cut short or changed.
    """
    folder = folder or cache_folder()
    path, address = folder / entry.file_name, url or entry.url
    if path.is_file():
        return path
    by_hand = (
        f"Put {entry.file_name} (SHA-256 begins with {entry.digest}), from {address},\n"
        f'  into {folder}, or use network = "pocket", which needs no download.'
    )
    if os.environ.get("DREAMER_OFFLINE") == "1":
        raise WeightsError(f"the weights of {entry.name} are not here, and DREAMER_OFFLINE=1", remedy=by_hand)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock"):
            if not path.is_file():
                download(address, path, entry.digest, listen=listen)
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(error, urllib.error.HTTPError):
            reason = error
            error.close()
        raise WeightsError(
            f"the weights of {entry.name} cannot be downloaded: {str(reason).strip()}", remedy=by_hand
        ) from error
    except OSError as error:
        raise WeightsError(f"cannot be written: {error.strerror}", where=str(path), remedy=by_hand) from error
    return path


def download(url: str, path: Path, digest: str, *, listen: DownloadListener | None = None) -> None:
    """Download `url` to `path` whole or not at all; its SHA-256 must begin with `digest`.

    `listen(done, total)` hears of the bytes; total is 0 where the server does not tell. Raises WeightsError for a file
    that was cut short or changed, URLError without a connection.
    """
    part = path.with_name(path.name + ".part")
    try:
        request = urllib.request.Request(url, headers={"User-Agent": "dreamer"})
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer, part.open("wb") as file:
            length = answer.headers.get("Content-Length") or ""
            total = int(length) if length.isdecimal() else 0
            found, done = _copy(answer, file, total, listen)
        if total and done != total:
            raise WeightsError(f"the download ended after {done} of {total} bytes", where=url, remedy="Try again.")
        if not found.startswith(digest):
            raise WeightsError(
                f"the download was refused: its SHA-256 begins with {found[: len(digest)]}, not {digest}",
                where=url,
                remedy="The file was changed on its way or at its source. Try again later, or from another network.",
            )
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _copy(source: IO[bytes], file: IO[bytes], total: int, listen: DownloadListener | None) -> tuple[str, int]:
    digest, done = hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        file.write(chunk)
        digest.update(chunk)
        done += len(chunk)
        if listen is not None:
            listen(done, total)
    return digest.hexdigest(), done


def read_state(path: Path) -> dict[str, Tensor]:
    """The state dict of a .safetensors or torch file, by plain names.

    A dict nested under "state_dict" and names that begin with "module.", as Places365 publishes them, are understood.
    Only tensors are ever unpickled. Raises WeightsError.
    """
    if path.suffix == SUFFIX:
        return {_plain(key): value for key, value in _read_safetensors(path)[0].items()}
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise WeightsError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except UNREADABLE as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise WeightsError(f"is no state dict that can be loaded safely ({reason})", where=str(path)) from error
    for key in ("state_dict", "model"):
        loaded = loaded[key] if isinstance(loaded, dict) and isinstance(loaded.get(key), dict) else loaded
    if not isinstance(loaded, dict) or not any(isinstance(value, Tensor) for value in loaded.values()):
        raise WeightsError("holds no state dict", where=str(path))
    return {_plain(str(key)): value for key, value in loaded.items() if isinstance(value, Tensor)}


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_safetensors(path: Path) -> tuple[dict[str, Tensor], Mapping[str, str]]:
    if not path.is_file():
        raise WeightsError("there is no such file", where=str(path), remedy="Check the path of the weights.")
    try:
        with safe_open(path, "pt") as file:
            return {key: file.get_tensor(key) for key in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"is no whole safetensors file ({error})", where=str(path)) from error


def _plain(key: str) -> str:
    # DenseNets of old torchvision releases name their layers "norm.1" where it is "norm1" now.
    key = re.sub(r"^(module\.)+", "", key)
    return re.sub(r"(denselayer\d+\.(?:norm|relu|conv))\.([12])\.", r"\1\2.", key)


def _load_entry(entry: Entry, weights: str, listen: DownloadListener | None) -> Loaded:
    if weights == "random":
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return Loaded(entry.name, _without_heads(entry.build()), entry.classes, entry.mean, entry.std, "random")
    path = cached_weights(entry, listen=listen) if weights == "default" else Path(weights)
    module, count = _filled(entry, read_state(path), path)
    classes = entry.classes if len(entry.classes) == count else tuple(f"class {i}" for i in range(count))
    file = None if weights == "default" else path
    return Loaded(entry.name, module, classes, entry.mean, entry.std, sha256(path), file)


def _load_shipped(name: str, weights: str) -> Loaded:
    if weights not in ("default", "random"):
        return load_pocket_file(Path(weights))
    if weights == "random":
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            module = PocketNetwork(1000)
        classes = tuple(f"class {number}" for number in range(1000))
        return Loaded(name, module, classes, IMAGENET_MEAN, IMAGENET_STD, "random")
    loaded = load_pocket_file(shipped_file(name))
    if loaded.digest != SHIPPED_DIGESTS[name]:
        raise WeightsError(
            "the shipped network is damaged", where=str(loaded.file), remedy="Install dreamer again to mend it."
        )
    return loaded


def _filled(entry: Entry, state: dict[str, Tensor], path: Path) -> tuple[nn.Module, int]:
    """The entry's network with a state dict's weights, and its number of classes, told by the classifier's rows."""
    plain = entry.build()
    last = [key for key, value in plain.state_dict().items() if value.shape[:1] == (1000,)][-1]
    rows = state.get(last)
    count = len(rows) if rows is not None else 1000
    module = plain if count == 1000 else entry.build(count)
    if entry.has_old_input and not any(key.startswith(("aux", "AuxLogits")) for key in state):
        module = _without_heads(module)
    _load_state(module, state, path)
    return _without_heads(module), count


def _without_heads(module: nn.Module) -> nn.Module:
    """Drop the auxiliary classifiers of GoogLeNet and Inception v3, which only training needs."""
    for name in ("aux1", "aux2", "AuxLogits"):
        if hasattr(module, name):
            setattr(module, name, None)
    return module


def _load_state(module: nn.Module, state: Mapping[str, Tensor], path: Path) -> None:
    own = module.state_dict()
    missing = [key for key in own if key not in state and not key.endswith("num_batches_tracked")]
    unknown = [key for key in state if key not in own]
    misfit = [
        f"{key} {tuple(state[key].shape)} instead of {tuple(own[key].shape)}"
        for key in own
        if key in state and state[key].shape != own[key].shape
    ]
    faults = [
        f"{kind}: {', '.join(keys[:3])}{f' and {len(keys) - 3} more' if len(keys) > 3 else ''}"
        for kind, keys in (("missing", missing), ("unknown", unknown), ("of another shape", misfit))
        if keys
    ]
    if faults:
        raise WeightsError(
            f"the weights do not fit {type(module).__name__}; {'; '.join(faults)}",
            where=str(path),
            remedy="Name the network that they were trained for.",
        )
    module.load_state_dict(state, strict=False)
