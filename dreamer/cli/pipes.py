"""Pictures through pipes: `-` as an input is standard input, `-` as the output standard output."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from dreamer.cli.job_options import RunOptions
from dreamer.errors import NoInputError, UsageError
from dreamer.jobs.orders import Order
from dreamer.pictures.names import WRITABLE

PIPE = "-"
_OUTPUT = re.compile(rf"(?:({'|'.join(suffix[1:] for suffix in WRITABLE)}):)?-")


@contextmanager
def standard_input(order: Order) -> Iterator[Order]:
    """The order with a file in place of `-` among its inputs, for as long as the body runs.

    Raises UsageError where standard input is a terminal, NoInputError where it is empty.
    """
    if PIPE not in order.inputs:
        yield order
        return
    if _is_terminal(sys.stdin):
        remedy = "Pipe a picture into it: dreamer render - < photo.jpg"
        raise UsageError("INPUT is -, and standard input is a terminal", remedy=remedy)
    with tempfile.TemporaryDirectory(prefix="dreamer-") as folder:
        spooled = Path(folder) / "stdin"
        with spooled.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        if spooled.stat().st_size == 0:
            raise NoInputError("standard input is empty", remedy="Pipe a picture into it.")
        inputs = tuple(str(spooled) if text == PIPE else text for text in order.inputs)
        yield order.model_copy(update={"inputs": inputs})


@contextmanager
def standard_output(template: str, options: RunOptions) -> Iterator[str]:
    """The template of a file in place of `-`, or `jpg:-` and so on, which goes to standard output after the body.

    Raises UsageError where standard output is a terminal, or has JSON to take.
    """
    match = _OUTPUT.fullmatch(template)
    if match is None:
        yield template
        return
    if options.as_json:
        raise UsageError("--json and a picture cannot both go to standard output")
    if _is_terminal(sys.stdout):
        remedy = "Send it into a file or a pipe, or name a file with --output."
        raise UsageError("--output is -, and standard output is a terminal", remedy=remedy)
    with tempfile.TemporaryDirectory(prefix="dreamer-") as folder:
        spooled = Path(folder) / f"stdout.{match[1] or 'png'}"
        yield str(spooled)
        if spooled.exists():
            with spooled.open("rb") as file:
                shutil.copyfileobj(file, sys.stdout.buffer)
            sys.stdout.buffer.flush()


def check_one(template: str, count: int, *, beside: bool = False) -> None:
    """Raise UsageError where several pictures, `count`, would go to standard output, or some `beside` it."""
    if beside and _OUTPUT.fullmatch(template):
        raise UsageError(f"--output {template} goes with neither --compare nor --variants", remedy="Name a file.")
    if count > 1 and _OUTPUT.fullmatch(template):
        raise UsageError(f"--output {template} takes one picture, and there are {count}", remedy="Name a folder.")


def _is_terminal(stream: TextIO) -> bool:
    return stream.isatty()
