"""What tests of every room share: sample pictures, and the marks of what a test needs."""

from __future__ import annotations

import importlib.util
import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from torch import Tensor

ROOT = Path(__file__).resolve().parent.parent


def _has_browser() -> bool:
    chromium = any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
    return chromium and shutil.which("chromedriver") is not None and _has("selenium")


def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def _has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


# mark: (whether it is there, what is missing and how to have it)
NEEDS: dict[str, tuple[Callable[[], bool], str]] = {
    "browser": (_has_browser, "Chromium, its driver and selenium: apt install chromium chromium-driver"),
    "gpu": (_has_gpu, "a CUDA device, and torch built for it"),
    "opencv": (lambda: _has("cv2"), "OpenCV: pip install 'dreamer[video]'"),
    "ray": (lambda: _has("ray"), "Ray: pip install 'dreamer[cluster]'"),
}


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose mark names what this machine lacks."""
    for mark, (is_there, need) in NEEDS.items():
        if item.get_closest_marker(mark) is not None and not is_there():
            pytest.skip(f"needs {need}")


@pytest.fixture(autouse=True)
def log_as_imported() -> Iterator[None]:
    """Take back what a command line has done to the log, which the next test may listen to."""
    yield
    log = logging.getLogger("dreamer")
    log.handlers.clear()
    log.setLevel(logging.NOTSET)
    log.propagate = True


@pytest.fixture
def photos() -> Path:
    folder = ROOT.parent / "shared" / "photos"
    if not folder.is_dir():
        pytest.skip("no folder of sample photographs beside the project")
    return folder


@pytest.fixture(scope="session")
def shipped_picture() -> Tensor:
    """inputs/sky.jpg at 240 x 160, (1, 3, 160, 240)."""
    from dreamer.dreaming.filters import resized
    from dreamer.pictures import read_picture

    return resized(read_picture(ROOT / "inputs" / "sky.jpg").pixels.unsqueeze(0), 160, 240).clamp(0, 1)
