"""Files of weights: read without executing what is in them, and fitted into a network."""

from __future__ import annotations

import hashlib
import pickle
import re
import struct
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn
from torch.serialization import safe_globals

from dreamer.errors import WeightsError
from dreamer.refusals import reading, refusal
from dreamer.texts import first_line

# What torch.load raises for files that are cut short, changed, or of another kind.
UNREADABLE = (
    RuntimeError, ValueError, EOFError, LookupError, AssertionError, struct.error, pickle.UnpicklingError,
)  # fmt: skip
# Numbers of NumPy, such as "best_prec1" beside many a state dict: plain values, under the names of old releases, too.
_SCALAR: Callable[..., Any] = np.float64().__reduce__()[0]  # type: ignore[assignment]
NUMPY_NUMBERS: list[Callable[..., Any] | tuple[Callable[..., Any], str]] = [
    np.dtype,
    *((_SCALAR, f"{module}.scalar") for module in ("numpy.core.multiarray", "numpy._core.multiarray")),
    *{type(np.dtype(code)) for code in np.typecodes["AllInteger"] + np.typecodes["AllFloat"] + "?"},
]
_FORBIDDEN = re.compile(r"GLOBAL ([\w.]+)")
_UNPACKING = """Loading it could run code that came with it. If you trust its source, save its weights alone:
    import torch
    whole = torch.load("{file}", map_location="cpu", weights_only=False)
    torch.save(whole.state_dict() if hasattr(whole, "state_dict") else whole["state_dict"], "weights.pth")"""


def read_state(path: Path) -> dict[str, Tensor]:
    """The state dict of a .safetensors or torch file, by plain names.

    A dict nested under "state_dict" and names with "module.", which DataParallel writes at their beginning or in the
    middle ("features.module.0.weight" of Places365), are understood. Only tensors and plain values are ever unpickled.
    Raises WeightsError.
    """
    if path.suffix == ".safetensors":
        return {_normalized_key(key): value for key, value in read_safetensors(path)[0].items()}
    try:
        loaded = _loaded_safely(path)
    except OSError as error:
        raise refusal(WeightsError, "cannot be read", error, path) from error
    except UNREADABLE as error:
        raise _unsafe(path, error) from error
    for key in ("state_dict", "model"):
        loaded = loaded[key] if isinstance(loaded, dict) and isinstance(loaded.get(key), dict) else loaded
    if not isinstance(loaded, dict) or not any(isinstance(value, Tensor) for value in loaded.values()):
        raise WeightsError("contains no state dict", where=str(path))
    return {_normalized_key(str(key)): value for key, value in loaded.items() if isinstance(value, Tensor)}


def _loaded_safely(path: Path) -> Any:
    """What a torch file holds, where nothing but tensors, containers and numbers has to be made for it."""
    with safe_globals(NUMPY_NUMBERS), warnings.catch_warnings():
        # torch warns that it may not heed the encoding; Python 2 wrote NumPy's numbers as bytes that are no UTF-8.
        warnings.simplefilter("ignore", UserWarning)
        return torch.load(path, map_location="cpu", weights_only=True, encoding="latin1")


def _unsafe(path: Path, error: Exception) -> WeightsError:
    """The error for a file that cannot be loaded, with what is in it that would have to be trusted."""
    if forbidden := _FORBIDDEN.search(str(error)):
        remedy = _UNPACKING.format(file=path.name)
        what = f"cannot be loaded safely: beside its weights it holds a Python object, {forbidden[1]}"
        return WeightsError(what, where=str(path), remedy=remedy)
    reason = first_line(str(error)) or type(error).__name__
    return WeightsError(
        f"is not a state dict that can be loaded safely ({reason})",
        where=str(path),
        remedy="Download it again; the file may be cut short, or be of another kind.",
    )


def sha256(path: Path) -> str:
    """SHA-256 of a file of weights, in hexadecimal. Raises WeightsError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise refusal(WeightsError, "cannot be read", error, path) from error


def read_safetensors(path: Path) -> tuple[dict[str, Tensor], Mapping[str, str]]:
    """The tensors of a .safetensors file, and its metadata. Raises WeightsError."""
    try:
        if not path.is_file():
            raise WeightsError("there is no such file", where=str(path), remedy="Check the path of the weights.")
        with reading(WeightsError, path), safe_open(path, "pt") as file:
            return {key: file.get_tensor(key) for key in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except OSError as error:
        raise refusal(WeightsError, "cannot be read", error, path) from error
    except SafetensorError as error:
        remedy = "Copy, download or train it again."
        raise WeightsError(f"is not a whole safetensors file ({error})", where=str(path), remedy=remedy) from error


def _normalized_key(key: str) -> str:
    key = re.sub(r"(?<![^.])module\.", "", key)
    # DenseNets of old torchvision releases name their layers "norm.1" where it is "norm1" now.
    return re.sub(r"(denselayer\d+\.(?:norm|relu|conv))\.([12])\.", r"\1\2.", key)


def fit_state(module: nn.Module, state: Mapping[str, Tensor], path: Path) -> None:
    """Put a state dict read from `path` into a network. Raises WeightsError where names or shapes do not fit."""
    check_fit(module, state, path)
    module.load_state_dict(state, strict=False)


def check_fit(module: nn.Module, state: Mapping[str, Tensor], path: Path) -> None:
    """Raise WeightsError where names or shapes of a state dict read from `path` do not fit a network."""
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
