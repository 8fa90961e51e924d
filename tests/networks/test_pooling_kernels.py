"""The kernels of pooling against torch's, run by Triton's interpreter where there is no GPU."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("triton", reason="Triton is not installed")
ROOT = Path(__file__).resolve().parents[2]
CHECK = """
import torch, torch.nn.functional as F
from dreamer.networks.pooling_kernels import pooled, unpooled
generator = torch.Generator().manual_seed(0)
launched_by, device_of = [], torch.cuda.device_of
torch.cuda.device_of = lambda tensor: launched_by.append(tensor) or device_of(tensor)
for size, stride, padding, ceil in ((3, 2, 0, True), (3, 1, 1, True), (2, 2, 0, False), (3, 2, 1, False)):
    for height, width in ((9, 6),):
        for precision in (torch.float32, torch.bfloat16):
            x = torch.randn(2, 5, height, width, generator=generator).to(precision)
            x = x.contiguous(memory_format=torch.channels_last)
            leaf = x.float().requires_grad_(True)  # torch rounds after every addition
            expected = F.max_pool2d(leaf, size, stride, padding, ceil_mode=ceil)
            given = torch.randn(expected.shape, generator=generator).to(precision)
            (gradient,) = torch.autograd.grad(expected, leaf, given.float())
            result, places = pooled(x, size, stride, padding, ceil)
            assert torch.equal(result, expected.to(precision))
            given = given.contiguous(memory_format=torch.channels_last)
            found = unpooled(given, places, size, stride, padding, x.shape[2:])
            torch.testing.assert_close(found, gradient.to(precision))
            # Of several GPUs the one that holds the tensors launches, not the current one.
            assert launched_by[-2] is x and launched_by[-1] is given
print("agreed")
"""


@pytest.mark.slow
def test_they_agree_with_torch() -> None:
    environment = {**os.environ, "TRITON_INTERPRET": "1"}
    done = subprocess.run(
        [sys.executable, "-c", CHECK], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.stdout == "agreed\n", done.stderr
