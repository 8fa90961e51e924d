"""Ctrl-C: the first press finishes the step, the second stops at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import click


@contextmanager
def interruptible() -> Iterator[Callable[[], None]]:
    """Yield a function to call after each step: it raises KeyboardInterrupt once Ctrl-C was pressed."""
    pressed = threading.Event()

    def on_press(number: int, frame: FrameType | None) -> None:
        if pressed.is_set():
            raise KeyboardInterrupt
        pressed.set()
        click.echo("stopping after this step; press Ctrl-C again to stop now", err=True)

    def check() -> None:
        if pressed.is_set():
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, on_press)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, before)
