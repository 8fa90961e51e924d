"""Every file operation, and every large allocation, of every command that writes fails once; then it is run again."""

from __future__ import annotations

import errno
import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.torture.conftest import Tallies
from tests.torture.faults import ERRORS, ROOT, TAKING_ROOM, Commands, Ended, Fault, can_be_built
from tests.torture.outcomes import check_fault, check_rerun, files_in
from tests.torture.scenarios import SCENARIOS, Scenario, make_folder

pytestmark = [
    pytest.mark.torture,
    pytest.mark.slow,
    pytest.mark.skipif(not can_be_built(), reason="needs Linux and a C compiler"),
]
SEED = 1
Run = Callable[..., Ended]


class Bench:
    """A folder in which every scenario is run, always the same: small pictures are named by where they are."""

    def __init__(self, commands: Commands, scratch: Path) -> None:
        self.commands, self.work, self._saved = commands, scratch / "work", scratch / "saved"

    def prepare(self, scenario: Scenario) -> None:
        """Put in place what is there before, once."""
        for folder in (self.work, self._saved):
            shutil.rmtree(folder, ignore_errors=True)
        self.work.mkdir()
        make_folder(self.work)
        for line in scenario.before:
            ended = self.commands.run(Scenario("before", line).arguments, self.work)
            assert ended.code == 0, ended.stderr
        shutil.copytree(self.work, self._saved)

    def begin(self) -> None:
        """Have what was there before, and nothing else."""
        shutil.rmtree(self.work)
        shutil.copytree(self._saved, self.work)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    scratch = tmp_path_factory.mktemp("faults")
    work = scratch / "work"
    work.mkdir()
    with Commands(scratch, [work, ROOT / "dreamer", ROOT / "presets"]) as commands:
        yield Bench(commands, scratch)


def faults_of(seen: Sequence[tuple[str, str]], only: str) -> list[Fault]:
    """Every operation with each error that the system may answer, and the disk full from each on that takes room.

    `only`: a pattern of their paths.
    """
    numbered = [(at, operation) for at, operation in enumerate(seen, 1) if fnmatch(operation[1], only)]
    once = [Fault(at, error, name, path) for at, (name, path) in numbered for error in ERRORS[name]]
    full = [Fault(at, errno.ENOSPC, name, path, lasting=True) for at, (name, path) in numbered if name in TAKING_ROOM]
    return once + full


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The scenarios of the sample, or all."""
    if "scenario" in metafunc.fixturenames:
        complete = metafunc.config.getoption("--complete", default=False)
        asked = [scenario for scenario in SCENARIOS if complete or scenario.sampled]
        metafunc.parametrize("scenario", asked, ids=lambda scenario: scenario.name)
        metafunc.parametrize("what", ["files", "memory"])


def test_every_fault(what: str, scenario: Scenario, bench: Bench, complete: bool, tally: Tallies) -> None:
    run = bench.commands.run if what == "files" else bench.commands.run_counting_memory
    bench.prepare(scenario)
    before = files_in(bench.work)
    counted = run(scenario.arguments, bench.work)
    assert counted.code == 0, counted.stderr
    undisturbed = files_in(bench.work)
    faults = faults_of(counted.seen, scenario.only if what == "files" else "*")
    if not complete:
        faults = random.Random(f"{SEED} {what} {scenario.name}").sample(faults, k=min(scenario.sampled, len(faults)))
    with tally(f"{scenario.name}, {what}") as trials:
        for fault in faults:
            with trials.trial(str(fault)):
                bench.begin()
                ended = run(scenario.arguments, bench.work, fault)
                check_fault(scenario, ended, before, files_in(bench.work), undisturbed)
                if ended.code or not scenario.once:
                    again = run(scenario.again, bench.work)
                    check_rerun(scenario, fault, again, files_in(bench.work), undisturbed)
