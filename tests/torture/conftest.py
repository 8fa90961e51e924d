"""What the torture of every command shares: how much of it is asked for, and the count of trials and failures."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

import pytest

from tests.torture.tally import Tally, counted, summary

Tallies = Callable[[str], AbstractContextManager[Tally]]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--complete", action="store_true", help="every trial, instead of a sample that is drawn by a seed")
    parser.addoption("--fuzz", default="2s", metavar="TIME", help="how long each fuzzer looks: 60s")


@pytest.fixture(scope="session")
def complete(pytestconfig: pytest.Config) -> bool:
    """Whether every trial is asked for, as `make torture` does; a sample otherwise."""
    return bool(pytestconfig.getoption("--complete", default=False))


@pytest.fixture(scope="session")
def fuzzing_seconds(pytestconfig: pytest.Config) -> int:
    """How long each fuzzer is to look."""
    return int(str(pytestconfig.getoption("--fuzz", default="2s")).removesuffix("s"))


@pytest.fixture
def tally(record_property: Callable[[str, object], None]) -> Tallies:
    """Counts the trials of one subject; at its end all that failed are told together."""
    return partial(counted, record=record_property)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for group in terminalreporter.stats.values() for report in group]
    calls = [report for report in reports if getattr(report, "when", None) == "call"]
    if lines := summary(pair for report in calls for pair in report.user_properties):
        terminalreporter.section("torture")
        terminalreporter.write("\n".join(lines) + "\n")
