"""What tests of every room share: sample pictures, and the marks of what a test needs."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import logging
import os
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


def _has_face_detector() -> bool:
    return _has("cv2") and hasattr(importlib.import_module("cv2"), "CascadeClassifier")


def _has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


# mark: (whether it is there, what is missing and how to have it)
NEEDS: dict[str, tuple[Callable[[], bool], str]] = {
    "browser": (_has_browser, "Chromium, its driver and selenium: apt install chromium chromium-driver"),
    "faces": (_has_face_detector, "OpenCV 4: pip install 'dreamer[faces]'"),
    "gpu": (_has_gpu, "a CUDA device, and torch built for it"),
    "formats": (
        lambda: all(map(_has, ("OpenEXR", "pillow_heif", "pillow_jxl", "pyexiv2", "rawpy"))),
        "what reads rarer files: pip install 'dreamer[exr,heic,jxl,raw]' pyexiv2",
    ),
    "librosa": (lambda: _has("librosa"), "librosa: pip install 'dreamer[sound]'"),
    "opencv": (lambda: _has("cv2"), "OpenCV: pip install 'dreamer[video]'"),
    "ray": (lambda: _has("ray"), "Ray: pip install 'dreamer[cluster]'"),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--device cuda` runs what tests make on another device; see tests/on_device.py."""
    parser.addoption("--device", metavar="DEVICE", help="cpu (default), cuda, cuda:N or mps: where tests compute")


def pytest_configure(config: pytest.Config) -> None:
    """Choose the device before any module of tests is imported, which may make tensors."""
    if config.getoption("--device"):
        os.environ["DREAMER_TEST_DEVICE"] = config.getoption("--device")
    from tests.on_device import DEVICE, OnDevice

    if DEVICE.type != "cpu":
        from dreamer.devices import choose_device
        from dreamer.errors import DreamerError

        try:
            choose_device(str(DEVICE))  # float32 is float32 from here on, and sums have an order, as in a dream
        except DreamerError as error:
            raise pytest.UsageError(f"--device: {error}") from None
        mode = OnDevice()
        mode.__enter__()
        config.add_cleanup(lambda: mode.__exit__(None, None, None))


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
def _kept_networks() -> Callable[..., object]:
    from dreamer.networks import load_network

    return functools.cache(load_network)


@pytest.fixture
def networks_kept(_kept_networks: Callable[..., object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs in this process share each network, which takes longer to load than a tiny picture to dream."""
    monkeypatch.setattr("dreamer.jobs.render.load_network", _kept_networks)


@pytest.fixture(scope="session")
def shipped_picture() -> Tensor:
    """inputs/sky.jpg at 240 x 160, (1, 3, 160, 240), on the device of the tests."""
    from dreamer.dreaming.filters import resized
    from dreamer.pictures import read_picture
    from tests.on_device import DEVICE

    pixels = read_picture(ROOT / "inputs" / "sky.jpg").pixels.unsqueeze(0)
    return resized(pixels, 160, 240).clamp(0, 1).to(DEVICE)
