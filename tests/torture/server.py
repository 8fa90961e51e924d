"""Runs command lines: a line of JSON in, the exit code out. Each runs in a fork of this process, which has torch.

It never computes a gradient itself: a process in which autograd has run cannot be forked.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress

# Seconds after which a command is taken to hang; it ends with -SIGALRM.
LONGEST = 90


def serve() -> None:
    """Answer until stdin ends."""
    _import_all()
    print("ready", flush=True)
    for request in sys.stdin:
        line, folder, stdout, stderr = json.loads(request)
        print(_run(line, folder, stdout, stderr), flush=True)


def _import_all() -> None:
    import dreamer

    for module in pkgutil.walk_packages(dreamer.__path__, "dreamer."):
        if not module.name.endswith(("__main__", ".raft", ".cluster")):
            importlib.import_module(module.name)
    from dreamer.networks import load_network
    from dreamer.presets.model.schema import NetworkChoice

    load_network(NetworkChoice()).cut(["inception3a"])  # what torch loads and makes when it is first asked


def _run(line: Sequence[str], folder: str, stdout: str, stderr: str) -> int:
    child = os.fork()
    if child == 0:
        _be_a_command(line, folder, stdout, stderr)
    status = os.waitpid(child, 0)[1]
    with suppress(ProcessLookupError):  # what it may have left running
        os.killpg(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(status)


def _be_a_command(line: Sequence[str], folder: str, stdout: str, stderr: str) -> None:
    os.setpgid(0, 0)
    signal.alarm(LONGEST)
    os.chdir(folder)
    for number, path in enumerate((os.devnull, stdout, stderr)):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC), number)
    sys.stdin, sys.stdout, sys.stderr = (open(number, mode) for number, mode in enumerate("rww"))  # noqa: SIM115
    from dreamer.cli import main

    code = 1
    try:
        main(list(line), prog_name="dreamer")
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        threading._shutdown()  # type: ignore[attr-defined]
        os._exit(code)


if __name__ == "__main__":
    serve()
