"""Which device computes, and in which precision; each choice comes with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from dreamer.errors import DeviceError, UsageError, did_you_mean

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}
NATIVE_BFLOAT16 = {"avx512_bf16", "amx_bf16", "bf16"}  # x86 and Arm flags of processors that multiply it natively


@dataclass(frozen=True)
class DeviceChoice:
    """A device with the precision that networks work in there, and why. Pictures stay float32."""

    device: torch.device
    precision: torch.dtype
    reason: str


def choose_device(request: str = "auto", precision: str = "auto") -> DeviceChoice:
    """Choose by `request`: auto, cpu, cuda, cuda:N or mps; `precision`: auto, float32 or bfloat16.

    auto takes a CUDA GPU, else Apple's GPU, else the processor; and bfloat16 where it is native.
    Raises DeviceError where the device is missing, UsageError for a name that is none.
    """
    device, why = _automatic() if request == "auto" else (_named(request), "as asked")
    if precision == "auto":
        native, said = _native_bfloat16(device)
        return DeviceChoice(device, torch.bfloat16 if native else torch.float32, f"{device} ({why}), {said}")
    if precision not in PRECISIONS:
        raise UsageError(f"no precision {precision!r}", remedy=did_you_mean(precision, PRECISIONS))
    return DeviceChoice(device, PRECISIONS[precision], f"{device} ({why}), {precision} as asked")


def available_devices() -> list[str]:
    """Names of the devices that work here."""
    cuda = [f"cuda:{number}" for number in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    return [*cuda, *(["mps"] if torch.backends.mps.is_available() else []), "cpu"]


def free_memory(device: torch.device) -> int:
    """Free memory of a device in bytes; a guess of 4 GiB where the system does not tell."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return int(free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device))
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return 4 << 30
    known = dict(line.split(":", 1) for line in lines)
    return int(known.get("MemAvailable", "4194304 kB").split()[0]) * 1024


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
        remedy = did_you_mean(request, ["auto", "cpu", "cuda", "mps"]) or "Use auto, cpu, cuda, cuda:N or mps."
        raise UsageError(f"no device {request!r}", remedy=remedy) from error
    here = available_devices()
    missing = device.type == "cuda" and f"cuda:{device.index or 0}" not in here
    if missing or device.type not in {name.split(":")[0] for name in here}:
        raise DeviceError(f"no device {request!r} here", remedy=f"There is {', '.join(here)}; or use --device auto.")
    return device


def _native_bfloat16(device: torch.device) -> tuple[bool, str]:
    if device.type == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    elif device.type == "cpu":
        native = bool(NATIVE_BFLOAT16 & _processor_flags())
    else:
        native = False
    return native, "bfloat16, which it has natively" if native else "float32, for it has no native bfloat16"


def _processor_flags() -> set[str]:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return set()
    lines = (line for line in text.splitlines() if line.lower().startswith(("flags", "features")))
    return set(next(lines, ":").split(":", 1)[1].split())
