from __future__ import annotations

import pytest
import torch

from dreamer import devices
from dreamer.devices import available_devices, choose_device, free_memory
from dreamer.errors import DeviceError, UsageError

GPU = torch.cuda.is_available() or torch.backends.mps.is_available()


def test_a_device_is_chosen_with_its_reason() -> None:
    choice = choose_device("cpu", "float32")
    assert choice.device.type == "cpu" and choice.precision == torch.float32
    assert choice.reason == "cpu (as asked), float32 as asked"
    assert choose_device("cpu", "bfloat16").precision == torch.bfloat16


@pytest.mark.skipif(GPU, reason="there is a GPU")
def test_without_a_gpu_the_processor_is_chosen() -> None:
    choice = choose_device()
    assert choice.device.type == "cpu" and choice.reason.startswith("cpu (no GPU found), ")
    assert available_devices() == ["cpu"]


@pytest.mark.parametrize(
    ("flags", "precision", "reason"),
    [
        ({"avx2", "avx512_bf16"}, torch.bfloat16, "bfloat16, which it has natively"),
        ({"avx2"}, torch.float32, "float32, because it has no native bfloat16"),
        (set(), torch.float32, "float32, because it has no native bfloat16"),
    ],
)
def test_the_precision_follows_the_processor(
    flags: set[str], precision: torch.dtype, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "_processor_flags", lambda: flags)
    choice = choose_device("cpu")
    assert (choice.precision, choice.reason) == (precision, f"cpu (as asked), {reason}")


def test_free_memory_is_known() -> None:
    assert free_memory(torch.device("cpu")) > 1 << 26


@pytest.mark.parametrize(
    ("name", "precision", "remedy"),
    [("gpu", "auto", "cuda:N"), ("cpu", "half", "bfloat16"), ("cudo", "auto", "cuda")],
)
def test_an_unknown_device_or_precision_is_named(name: str, precision: str, remedy: str) -> None:
    with pytest.raises(UsageError) as caught:
        choose_device(name, precision)
    assert remedy in (caught.value.remedy or "")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_missing_device_says_what_there_is() -> None:
    with pytest.raises(DeviceError, match=r"(?s)'cuda:1'.*Available: .*cpu"):
        choose_device("cuda:1")
