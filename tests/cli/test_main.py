from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import Result

from dreamer import __version__
from dreamer.cli import main
from dreamer.cli.options import complete_networks, complete_presets
from dreamer.cli.run_jobs import print_plan
from dreamer.cli.running import verbosity
from dreamer.errors import (
    DeviceError,
    DreamerError,
    NoInputError,
    OutputError,
    PictureError,
    PresetError,
    TargetError,
    TrainingError,
    UsageError,
    WeightsError,
)
from dreamer.jobs.job import Job
from dreamer.presets import load_preset

Dreamer = Callable[..., Result]
ROOT = Path(__file__).resolve().parents[2]


def real(*args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command line as the shell runs it."""
    return subprocess.run(
        [sys.executable, "-m", "dreamer", *args],
        capture_output=True, text=True, cwd=ROOT, env={**os.environ, **environment}, timeout=60,
    )  # fmt: skip


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Makes `dreamer doctor` end in an error of one's choice."""

    def fail_with(error: BaseException) -> None:
        @click.command()
        def command() -> None:
            raise error

        monkeypatch.setattr(type(main), "get_command", lambda *_: command)

    return fail_with


@pytest.fixture(autouse=True)
def calm(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("NO_COLOR", "FORCE_COLOR", "DREAMER_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    yield


def test_without_a_command_there_is_help(dreamer: Dreamer) -> None:
    result = dreamer()
    assert result.exit_code == 0
    assert result.stdout == dreamer("--help").stdout == dreamer("-h").stdout
    for command in ("render", "animate", "again", "recipe", "presets", "networks", "doctor"):
        assert f"\n  {command} " in result.stdout


def test_version(dreamer: Dreamer) -> None:
    assert dreamer("--version").stdout == f"dreamer {__version__}\n"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("preset",), "error: No such command 'preset'. Did you mean 'presets'?"),
        (("xyz",), "There are render, animate, batch, gallery, sheet, atlas,"),
        (("--hlep",), "error: No such option"),
        (("presets", "--jsn"), "Try 'dreamer presets --help' for help."),
    ],
)
def test_a_misspelled_command_or_option_names_the_nearest(
    dreamer: Dreamer, args: tuple[str, ...], message: str
) -> None:
    result = dreamer(*args)
    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PresetError(["x"]), 2),
        (UsageError("x"), 2),
        (TargetError("x"), 2),
        (TrainingError("x"), 2),
        (NoInputError("x"), 3),
        (WeightsError("x"), 4),
        (DeviceError("x"), 4),
        (PictureError("x"), 1),
        (OutputError("x"), 1),
        (DreamerError("x"), 1),
        (PermissionError(13, "Permission denied", "file.png"), 1),
        (KeyboardInterrupt(), 130),
        (click.exceptions.Exit(1), 1),
        (click.FileError("file.png"), 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else str(value),
)
def test_every_error_has_its_exit_code(
    dreamer: Dreamer, failing: Callable[[BaseException], None], error: BaseException, code: int
) -> None:
    failing(error)
    result = dreamer("doctor")
    assert result.exit_code == code
    assert "Traceback" not in result.stderr


def test_an_error_is_one_message_with_place_and_remedy(
    dreamer: Dreamer, failing: Callable[[BaseException], None]
) -> None:
    failing(TargetError("no layer 'x'", where="mine.toml:3", remedy="Did you mean 'y'?"))
    result = dreamer("doctor")
    assert result.stderr == "error: mine.toml:3: no layer 'x'\n  Did you mean 'y'?\n"
    assert result.stdout == ""


def test_a_mistake_of_the_program_itself_is_not_hidden(
    dreamer: Dreamer, failing: Callable[[BaseException], None]
) -> None:
    failing(ZeroDivisionError("a bug"))
    assert isinstance(dreamer("doctor").exception, ZeroDivisionError)


def test_tracebacks_are_for_who_asks(
    dreamer: Dreamer, failing: Callable[[BaseException], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(TargetError("no layer 'x'"))
    assert "Traceback" not in dreamer("-v", "doctor").stderr
    assert "Traceback" in dreamer("-vv", "doctor").stderr
    assert "Traceback" not in dreamer("doctor").stderr
    monkeypatch.setenv("DREAMER_DEBUG", "1")
    assert "Traceback" in dreamer("doctor").stderr


def test_colors_follow_the_environment(
    dreamer: Dreamer, failing: Callable[[BaseException], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(DreamerError("x"))
    assert "\x1b[" not in dreamer("doctor").stderr
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in dreamer("doctor").stderr
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in dreamer("doctor").stderr


@pytest.mark.parametrize(
    ("args", "expected"),
    [([], 0), (["-q"], -1), (["-v"], 1), (["-vv"], 2), (["-vvv"], 2), (["-v", "-q"], -1)],
)
def test_verbosity_is_known_to_commands(
    dreamer: Dreamer, monkeypatch: pytest.MonkeyPatch, args: list[str], expected: int
) -> None:
    seen = []
    command = click.Command("doctor", callback=lambda: seen.append(verbosity()))
    monkeypatch.setattr(type(main), "get_command", lambda *_: command)
    assert dreamer(*args, "doctor").exit_code == 0
    assert seen == [expected]


def test_a_warning_in_the_log_is_a_line_on_stderr(dreamer: Dreamer, monkeypatch: pytest.MonkeyPatch) -> None:
    def talk() -> None:
        import logging

        logging.getLogger("dreamer.somewhere").warning("something odd: %s", 3)
        logging.getLogger("dreamer.somewhere").info("a detail")

    monkeypatch.setattr(type(main), "get_command", lambda *_: click.Command("doctor", callback=talk))
    assert dreamer("doctor").stderr == "warning: something odd: 3\n"
    assert dreamer("-v", "doctor").stderr == "warning: something odd: 3\na detail\n"
    assert dreamer("-q", "doctor").stderr == ""


def test_completion_knows_presets_networks_and_files(folder: Path) -> None:
    context, parameter = click.Context(main), click.Option(["--x"])
    assert "deep-dream" in [item.value for item in complete_presets(context, parameter, "dee")]
    assert [item.type for item in complete_presets(context, parameter, "sub/m")] == ["file"]
    networks = [item.value for item in complete_networks(context, parameter, "")]
    assert {"pocket", "googlenet", "vgg16", "resnet50", "inception_v3", "alexnet"} <= set(networks)
    assert [item.value for item in complete_networks(context, parameter, "poc")] == [
        "pocket",
        "pocket-bold",
        "pocket-fine",
    ]


@pytest.mark.slow
def test_the_shell_completes_commands_presets_and_keys() -> None:
    def complete(line: str) -> set[str]:
        words = line.split(" ")
        shell = {"_DREAMER_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
        return {answer.partition(",")[2] for answer in real(**shell).stdout.splitlines()}

    assert complete("dreamer re") == {"render", "recipe"}
    assert "deep-dream" in complete("dreamer presets show deep-d")
    assert complete("dreamer presets show deep-dream --set octaves.st") == {"octaves.steps="}


@pytest.mark.parametrize(
    "args", [["--help"], ["presets"], ["presets", "--help"], ["presets", "show", "deep-dream"], ["presets", "explain"]]
)
def test_torch_is_not_imported_for(args: list[str]) -> None:
    code = (
        "import sys\nfrom dreamer.cli import main\n"
        f"try: main({args!r}, prog_name='dreamer')\nexcept SystemExit as end: assert not end.code, end.code\n"
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=60, stdout=subprocess.DEVNULL)


def test_the_networks_are_completed_without_torch() -> None:
    code = (
        "import sys, click\nfrom dreamer.cli.options import complete_networks\n"
        "assert len(complete_networks(None, None, '')) > 20\nsys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=60)


def test_help_is_quick() -> None:
    code = (
        "import resource, subprocess, sys\n"
        "subprocess.run([sys.executable, '-m', 'dreamer', '--help'], check=True, stdout=subprocess.DEVNULL)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\nprint(used.ru_utime + used.ru_stime)"
    )
    pytest.importorskip("resource")
    result = subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True, text=True)
    assert float(result.stdout) < 0.3


@pytest.mark.slow
def test_a_real_run_separates_data_from_messages() -> None:
    good = real("presets")
    assert (good.returncode, good.stderr) == (0, "")
    assert "deep-dream" in good.stdout
    bad = real("presets", "show", "nope")
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr.startswith("error: there is no preset named 'nope'")


@pytest.mark.skipif(os.name != "posix", reason="pipes break otherwise elsewhere")
def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m dreamer presets explain | true"
    result = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert result.stderr == ""


def test_a_plan_is_printed_where_a_reason_is_empty(capsys: pytest.CaptureFixture[str]) -> None:
    job = Job(
        None, load_preset("spectral"), "spectral", Path("out.png"), variant="spectral", state="failed", reason="\n"
    )
    print_plan([job], as_json=False)
    print_plan([job], as_json=True)
    assert "failed  photo x spectral -> out.png" in capsys.readouterr().out
