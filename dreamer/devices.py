"""Which device computes, and in which precision; each choice comes with its reason."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

import torch

from dreamer.errors import DeviceError, UsageError
from dreamer.memory import available_memory

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}
# Flags of x86 and Arm processors that multiply it natively.
_NATIVE_BFLOAT16 = {"avx512_bf16", "amx_bf16", "bf16"}


@dataclass(frozen=True)
class DeviceChoice:
    """A device, the precision in which networks compute on it, and the reason for both. Pictures stay float32."""

    device: torch.device
    precision: torch.dtype
    reason: str


def choose_device(request: str = "auto", precision: str = "auto") -> DeviceChoice:
    """Choose by `request`: auto, cpu, cuda, cuda:N or mps; `precision`: auto, float32 or bfloat16.

    "auto" chooses a CUDA GPU, else Apple's GPU, else the processor; and bfloat16 where the device has it natively.
    Raises DeviceError where the device is missing, UsageError for an unknown name.
    """
    device, why = _automatic() if request == "auto" else (_named(request), "as asked")
    if device.type == "cuda":
        _same_bits()
    if precision == "auto":
        chosen, reason = _automatic_precision(device)
        return DeviceChoice(device, chosen, f"{device} ({why}), {reason}")
    if precision not in PRECISIONS:
        raise UsageError(f"no precision {precision!r}", remedy="Use auto, float32 or bfloat16.")
    return DeviceChoice(device, PRECISIONS[precision], f"{device} ({why}), {precision} as asked")


def available_devices() -> list[str]:
    """Names of the devices that work here."""
    cuda = [f"cuda:{number}" for number in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    return [*cuda, *(["mps"] if torch.backends.mps.is_available() else []), "cpu"]


def free_memory(device: torch.device) -> int:
    """Bytes that can be taken on a device; of the processor's memory as much as the container's limit leaves."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return int(free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device))
    return available_memory()


def processor_name(device: torch.device) -> str:
    """What computes on a device, as its maker calls it: pixels are the same only on processors of one kind."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return f"Apple GPU, {platform.machine()}"
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    names = (line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()


def _same_bits() -> None:
    """Let a GPU give the same pixels each time, and compute in float32 where float32 is asked for.

    cuDNN's faster ways back add in any order; its shorter mantissa (TF32) turns gradients by 4e-4, float32 by 1e-6.
    """
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False


def _automatic() -> tuple[torch.device, str]:
    if torch.cuda.is_available():
        return torch.device("cuda"), torch.cuda.get_device_name()
    if torch.backends.mps.is_available():
        return torch.device("mps"), "Apple GPU"
    return torch.device("cpu"), "no GPU found"


def _named(request: str) -> torch.device:
    try:
        device = torch.device(request)
    except RuntimeError as error:
        raise UsageError(f"no device {request!r}", remedy="Use auto, cpu, cuda, cuda:N or mps.") from error
    here = available_devices()
    missing = device.type == "cuda" and f"cuda:{device.index or 0}" not in here
    if missing or device.type not in {name.split(":")[0] for name in here}:
        raise DeviceError(
            f"there is no device {request!r} here", remedy=f"Available: {', '.join(here)}; or use --device auto."
        )
    return device


def _automatic_precision(device: torch.device) -> tuple[torch.dtype, str]:
    if _has_native_bfloat16(device):
        return torch.bfloat16, "bfloat16, which it has natively"
    return torch.float32, "float32, because it has no native bfloat16"


def _has_native_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and bool(_NATIVE_BFLOAT16 & _processor_flags())


def _processor_flags() -> set[str]:
    """The features that Linux lists; empty on other systems."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return set()
    lines = (line for line in text.splitlines() if line.lower().startswith(("flags", "features")))
    return set(next(lines, ":").split(":", 1)[1].split())
