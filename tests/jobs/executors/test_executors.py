"""One suite for every executor, on the real pocket network at the smallest sizes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from dreamer.errors import DeviceError, PictureError, TargetError
from dreamer.jobs.events import JobDone, JobEvent, JobFailed, JobMoved
from dreamer.jobs.executors import Executor, Inline, Processes
from dreamer.jobs.executors.cluster import Answer, Cluster, Parcel, RemoteRenderer, settled
from dreamer.jobs.job import FilmSettings, Job, Task, examined, make_recipe
from dreamer.pictures import FileSettings, read_picture, read_recipe
from dreamer.presets import load_preset
from tests.jobs.conftest import add_photo

TINY = ["canvas.size=64", "octaves.count=1", "octaves.steps=1"]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two Ray nodes on this machine, the second of which may be killed."""
    import ray
    from ray.cluster_utils import Cluster as Nodes

    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    nodes = Nodes(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    nodes.add_node(num_cpus=1)
    yield nodes
    ray.shutdown()
    nodes.shutdown()


PROCESSES = pytest.param("processes", marks=pytest.mark.slow)
RAY, RAY_SHIPPING = (pytest.param(name, marks=[pytest.mark.ray, pytest.mark.slow]) for name in ("ray", "ray-shipping"))


@pytest.fixture(scope="module", params=["inline", PROCESSES, RAY, RAY_SHIPPING])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    if request.param == "inline":
        started: Executor = Inline(precision="float32", threads=1)
    elif request.param == "processes":
        started = Processes(["cpu", "cpu"], precision="float32", threads=1)
    else:
        nodes = request.getfixturevalue("cluster")
        ship = request.param == "ray-shipping"
        started = Cluster(nodes.address, workers=2, cores=1, device="cpu", precision="float32", ship=ship)
    with started:
        yield started


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def made(folder: Path, *numbers: int, preset: str = "whisper", changes: tuple[str, ...] = ()) -> Task:
    jobs = []
    for number in numbers:
        source = folder / f"{number}.png"
        if not source.exists():
            add_photo(str(source), number)
        job = Job(source, load_preset(preset, [*TINY, *changes]), preset, folder / "out" / f"{number}.png")
        job = examined(job)
        jobs.append(replace(job, recipe=make_recipe(job)))
    return tuple(jobs)


def outcomes(
    executor: Executor, tasks: list[Task], on_event: Callable[[JobEvent | None], None] = lambda event: None
) -> list[JobEvent]:
    found = []
    for event in executor.run(iter(tasks)):
        on_event(event)
        if isinstance(event, (JobDone, JobFailed)):
            found.append(event)
    return found


def test_every_task_ends_once_with_its_picture(executor: Executor, folder: Path) -> None:
    tasks = [made(folder, 1, 2), made(folder, 3), made(folder, 4)]
    found = outcomes(executor, tasks)
    assert Counter(event.job.output.name for event in found) == {f"{n}.png": 1 for n in range(1, 5)}
    assert all(isinstance(event, JobDone) for event in found)
    for event in found:
        assert event.job.source == folder / event.job.output.name
        assert read_picture(event.job.output).pixels.shape == (3, 53, 64)
        assert event.job.key in (read_recipe(event.job.output) or "")


def test_workers_tell_what_they_are_at(executor: Executor, folder: Path) -> None:
    if isinstance(executor, Inline):
        return  # it tells more: every step, to its listener
    moves: list[JobMoved] = []

    def heard(event: JobEvent | None) -> None:
        if isinstance(event, JobMoved):
            moves.append(event)

    outcomes(executor, [made(folder, 1, 2)], heard)
    assert {(move.job.output.name, move.together) for move in moves} == {("1.png", 2)}
    assert all(0 <= move.share <= 1 for move in moves)


def test_pictures_are_those_of_a_task_alone(executor: Executor, folder: Path) -> None:
    outcomes(executor, [made(folder, 1, 2, 3)])
    together = [(folder / "out" / f"{n}.png").read_bytes() for n in (1, 2, 3)]
    with Inline(precision="float32", threads=1) as inline:
        for number in (1, 2, 3):
            outcomes(inline, [made(folder, number)])
    pixels = [read_picture(folder / "out" / f"{n}.png").pixels for n in (1, 2, 3)]
    for data, alone in zip(together, pixels, strict=True):
        (folder / "again.png").write_bytes(data)
        assert torch.equal(read_picture(folder / "again.png").pixels, alone)


def test_a_broken_picture_fails_alone(executor: Executor, folder: Path) -> None:
    whole = made(folder, 1, 2, 3)
    (folder / "2.png").write_bytes(b"no picture")
    found = {event.job.output.name: event for event in outcomes(executor, [whole])}
    assert isinstance(found["1.png"], JobDone) and isinstance(found["3.png"], JobDone)
    failed = found["2.png"]
    assert isinstance(failed, JobFailed) and isinstance(failed.error, PictureError)
    assert not (folder / "out" / "2.png").exists()


def test_a_layer_that_is_not_there_fails_its_own_preset(executor: Executor, folder: Path) -> None:
    wrong = made(folder, 1, changes=('targets=[{layer="inception9z"}]',))
    found = {event.job.output.name: event for event in outcomes(executor, [wrong, made(folder, 2)])}
    failed = found["1.png"]
    assert isinstance(failed, JobFailed) and isinstance(failed.error, TargetError)
    assert "inception" in str(failed.error)
    assert isinstance(found["2.png"], JobDone)


def test_it_runs_again_and_again(executor: Executor, folder: Path) -> None:
    assert len(outcomes(executor, [made(folder, 1)])) == 1
    assert len(outcomes(executor, [])) == 0
    assert len(outcomes(executor, [made(folder, 2)])) == 1


def test_it_asks_again_where_nothing_is_there_yet(executor: Executor, folder: Path) -> None:
    def tasks() -> Iterator[Task | None]:
        yield None
        yield made(folder, 1)
        yield None
        yield None
        yield made(folder, 2)

    assert len([event for event in executor.run(tasks()) if isinstance(event, JobDone)]) == 2


def test_closing_it_stops_the_work(executor: Executor, folder: Path) -> None:
    tasks = (made(folder, number) for number in range(1, 40))
    events = executor.run(tasks)
    next(event for event in events if isinstance(event, JobDone))
    events.close()  # type: ignore[attr-defined]
    assert len(list((folder / "out").glob("*.png"))) < 39
    assert len(outcomes(executor, [made(folder, 50)])) == 1


@pytest.mark.parametrize("executor", [PROCESSES, RAY], indirect=True)
def test_the_task_of_a_killed_worker_is_done_by_another(executor: Processes | Cluster, folder: Path) -> None:
    outcomes(executor, [made(folder, 1), made(folder, 2)])
    slow = made(folder, 3, changes=("octaves.steps=400",))
    killed: list[int] = []

    def kill_once(event: JobEvent | None) -> None:
        if not killed:
            before = executor.pids
            for pid in before:
                os.kill(pid, signal.SIGKILL)
            killed.extend(before)

    found = []
    for event in executor.run(iter([slow, made(folder, 4), made(folder, 5)])):
        kill_once(event)
        if isinstance(event, (JobDone, JobFailed)):
            found.append(event)
    assert len(killed) == 2
    assert Counter(event.job.output.name for event in found) == {"3.png": 1, "4.png": 1, "5.png": 1}
    assert all(isinstance(event, JobDone) for event in found)
    assert not set(killed) & set(executor.pids)


@pytest.mark.slow
def test_a_task_that_kills_its_worker_is_given_up_after_three_tries(folder: Path) -> None:
    class Deadly(Job):
        """A job whose worker dies as soon as it unpacks it."""

        def __reduce__(self) -> Any:
            return _die, ()

    deadly = made(folder, 1)[0]
    job = Deadly(deadly.source, deadly.preset, "deadly", deadly.output)
    with Processes(["cpu"], precision="float32") as executor:
        found = outcomes(executor, [(job,), made(folder, 2)])
    by_name = {event.job.output.name: event for event in found}
    failed = by_name["1.png"]
    assert isinstance(failed, JobFailed) and "died 3 times" in str(failed.error)
    assert isinstance(by_name["2.png"], JobDone)


def _die() -> None:
    os._exit(9)


@pytest.mark.slow
def test_a_missing_device_is_told_at_once(folder: Path) -> None:
    for executor in (Inline(device="cuda:7"), Processes(["cuda:7"])):
        with executor as started, pytest.raises(DeviceError, match="cuda:7"):
            outcomes(started, [made(folder, 1)])


@pytest.mark.ray
@pytest.mark.slow
def test_a_cluster_that_does_not_answer_is_told() -> None:
    code = "from dreamer.jobs.executors.cluster import Cluster; Cluster('127.0.0.1:1').__enter__()"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "DeviceError: --cluster 127.0.0.1:1: no Ray cluster answers" in result.stderr


@pytest.mark.parametrize("executor", [RAY_SHIPPING], indirect=True)
def test_shipped_tasks_take_the_files_of_their_presets_along(executor: Executor, folder: Path) -> None:
    guide = add_photo(str(folder / "guide.png"), 9, (64, 64))
    tasks = made(folder, 1, changes=(f'targets=[{{layer="inception3a", guide="{guide}"}}]',))
    (event,) = outcomes(executor, [tasks])
    assert isinstance(event, JobDone), event
    shipped = read_picture(event.job.output).pixels
    with Inline(precision="float32", threads=1) as inline:
        (event,) = outcomes(inline, [tasks])
    assert torch.equal(read_picture(event.job.output).pixels, shipped)


def test_films_go_through_executors_too(executor: Executor, folder: Path) -> None:
    add_photo(str(folder / "1.png"), 1)
    preset = load_preset("spiral", [*TINY, "animation.length=0.2s", "animation.fps=10"])
    job = Job(folder / "1.png", preset, "spiral", folder / "film.gif", FilmSettings(keep_frames=False))
    (event,) = outcomes(executor, [(examined(job),)])
    assert isinstance(event, JobDone) and event.frames == 2, event
    assert (folder / "film.gif").stat().st_size > 0


def test_paths_on_a_cluster_are_those_of_the_command(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A node may have been started anywhere."""
    add_photo(str(folder / "here" / "photo.png"), 1)
    monkeypatch.chdir(folder / "here")
    job = examined(Job(Path("photo.png"), load_preset("whisper", TINY), "whisper", Path("out.png")))
    monkeypatch.chdir(folder)
    (answer,) = RemoteRenderer("cpu", "float32", 1, str(folder / "here")).render([Parcel(job, None)])
    assert isinstance(answer.event, JobDone) and (folder / "here" / "out.png").is_file()
    RemoteRenderer("cpu", "float32", 1, str(folder / "on no such machine"))


def test_a_shipped_picture_gets_the_date_of_its_photo(tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(b"photo")
    os.utime(tmp_path / "photo.png", (1e9, 1e9))
    job = Job(
        tmp_path / "photo.png",
        load_preset("whisper"),
        "whisper",
        tmp_path / "a.png",
        files=FileSettings(keep_dates=True),
    )
    done = JobDone(job, 1.0, 8, 8)
    assert settled(Answer(job.place, done, b"dream"), {job.place: job}) == done
    assert (tmp_path / "a.png").read_bytes() == b"dream" and os.path.getmtime(tmp_path / "a.png") == 1e9
