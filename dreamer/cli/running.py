"""How a command line runs: commands imported when needed, errors turned into messages and exit codes.

Exit codes: 0 all good; 1 some jobs failed, or another error; 2 a wrong command line, preset or target; 3 nothing
matched the inputs; 4 a device, a network's weights or ffmpeg are missing; 130 interrupted.
"""

from __future__ import annotations

import importlib
import io
import logging
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, TextIO, cast

import click
from click.shell_completion import CompletionItem

from dreamer.cli.address_space import watch_for_torch
from dreamer.errors import (
    DeviceError,
    DreamerError,
    NetworkError,
    NoInputError,
    PresetError,
    TargetError,
    ToolError,
    TrainingError,
    UsageError,
    WeightsError,
    did_you_mean,
)
from dreamer.refusals import no_memory, ran_out_of_memory, remedy
from dreamer.texts import ERRORS, around

FAILED, USAGE, NO_INPUT, MISSING, INTERRUPTED = 1, 2, 3, 4, 130

_EXIT_CODES: tuple[tuple[type[DreamerError], int], ...] = (
    (PresetError, USAGE),
    (UsageError, USAGE),
    (TargetError, USAGE),
    (TrainingError, USAGE),
    (NoInputError, NO_INPUT),
    (WeightsError, MISSING),
    (NetworkError, USAGE),
    (DeviceError, MISSING),
    (ToolError, MISSING),
    (DreamerError, FAILED),
)
# Of a message: what is longer quotes something that is not worth reading.
_LONGEST_LINE = 1000
_LEVELS = {-1: logging.ERROR, 0: logging.WARNING, 1: logging.INFO, 2: logging.DEBUG}


def exit_code(error: DreamerError) -> int:
    """The exit code for an error that ends a command."""
    return next(code for kind, code in _EXIT_CODES if isinstance(error, kind))


class Commands(click.Group):
    """A group of commands that names the nearest one for an unknown one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's; a misspelled command is an error with the nearest names."""
        name, known = args[0], self.list_commands(ctx)
        if name not in known and not name.startswith("-") and not ctx.resilient_parsing:
            advice = did_you_mean(name, known) or f"There are {', '.join(known)}."
            raise click.UsageError(f"No such command {name!r}. {advice}", ctx)
        return super().resolve_command(ctx, args)


class LazyCommands(Commands):
    """A group whose commands' modules are imported when they are called, not before.

    `lazy` maps a command's name to its line in the list of commands; the module of that name in `package` holds it as
    `command` or `group`.
    """

    def __init__(self, *args: Any, lazy: dict[str, str], package: str, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.lazy, self.package = lazy, package

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the order of the table, which is that of use."""
        return list(self.lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if cmd_name not in self.lazy:
            return None
        module = importlib.import_module(f"{self.package}.{cmd_name}")
        command: click.Command = module.command if hasattr(module, "command") else module.group
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self.lazy.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands and options that begin so, without importing a command."""
        commands = [CompletionItem(name, help=line) for name, line in self.lazy.items() if name.startswith(incomplete)]
        return [*commands, *click.Command.shell_complete(self, ctx, incomplete)]


class Dreamer(LazyCommands):
    """The whole command line."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click's, after setting what the options and the environment start from."""
        ctx.color = color_choice()
        set_verbosity(ctx, 0)
        return super().parse_args(ctx, args)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command line and exit with the code that fits how it went."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        _prepare_streams()
        watch_for_torch()
        try:
            result = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
            sys.stdout.flush()  # a reader that has gone, or a full disk, shows here at the latest
        except click.UsageError as error:
            hint = f"\nTry '{error.ctx.command_path} --help' for help." if error.ctx else ""
            _report(f"{error.format_message()}{hint}")
            sys.exit(USAGE)
        except click.ClickException as error:
            _report(error.format_message())
            sys.exit(error.exit_code)
        except click.Abort:
            _report("interrupted")
            sys.exit(INTERRUPTED)
        except DreamerError as error:
            _report(str(error))
            sys.exit(exit_code(error))
        except BrokenPipeError:
            _drop_output()
            sys.exit(FAILED)
        except (MemoryError, RuntimeError) as error:
            if not ran_out_of_memory(error):
                raise
            _report(str(no_memory()))
            sys.exit(FAILED)
        except OSError as error:
            _report(f"{error.filename or 'the system'}: {error.strerror or error}\n  {remedy(error)}")
            _drop_output()
            sys.exit(FAILED)
        sys.exit(result if isinstance(result, int) else 0)


def _prepare_streams() -> None:
    """Have stdout and stderr take any name of a file, and a stderr that is closed or full be no reason to stop."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  # for as long as the process
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=ERRORS)
    sys.stderr = cast(TextIO, _Unfailing(sys.stderr))


def _drop_output() -> None:
    """Let nothing be written at exit to a stdout that has failed: Python would complain of it, and change the code."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Unfailing:
    """A stream that drops what cannot be written."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """As the stream's, but for what it raises."""
        with suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """As the stream's, but for what it raises."""
        with suppress(OSError, ValueError):
            self._stream.flush()


def color_choice() -> bool | None:
    """Whether to write colors: True or False where the environment says so, None to ask the terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return False if os.environ.get("TERM") == "dumb" else None


def verbosity() -> int:
    """How much to say: -1 with -q, 0, 1 with -v, 2 with -vv."""
    context = click.get_current_context(silent=True)
    return int(context.obj or 0) if context else 0


def set_verbosity(context: click.Context, chosen: int) -> None:
    """Set how much the running command says, through dreamer's log too; kept as the context's `obj`."""
    context.obj = max(-1, min(chosen, 2))
    log = logging.getLogger("dreamer")
    log.setLevel(_LEVELS[context.obj])
    if not any(isinstance(handler, _Messages) for handler in log.handlers):
        log.addHandler(_Messages())
        log.propagate = False


class _Messages(logging.Handler):
    """Log records as plain lines on stderr, whatever stderr is at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        prefix = f"{record.levelname.lower()}: " if record.levelno >= logging.WARNING else ""
        click.echo(f"{prefix}{record.getMessage()}", err=True)


def _shortened(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else around(line, width=_LONGEST_LINE)


def _report(message: str) -> None:
    """One clear message; the traceback only for who asks for it."""
    if os.environ.get("DREAMER_DEBUG") == "1" or logging.getLogger("dreamer").isEnabledFor(logging.DEBUG):
        click.echo(traceback.format_exc(), err=True)
    label = click.style("error:", fg="red", bold=True)
    message = "\n".join(map(_shortened, message.splitlines()))
    click.echo(f"{label} {message}", err=True, color=color_choice())
