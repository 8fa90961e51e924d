"""How much memory there is, by files as Linux has them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dreamer.memory import UNKNOWN, address_space_left, available_memory

GIB = 1 << 30
ROOT = Path(__file__).resolve().parents[1]


def machine(root: Path, cgroup: str, files: dict[str, object]) -> Path:
    """A machine with 16 GiB free, this process in a control group, and files below /sys/fs/cgroup."""
    texts = {"proc/meminfo": f"MemTotal: 1 kB\nMemAvailable: {16 * GIB // 1024} kB\n", "proc/self/cgroup": cgroup}
    texts |= {f"sys/fs/cgroup/{name}": str(text) for name, text in files.items()}
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_a_container_may_take_less_than_the_machine_has(tmp_path: Path) -> None:
    stat = f"anon 1\ninactive_file {GIB}\n"
    files: dict[str, object] = {"memory.max": 4 * GIB, "memory.current": 3 * GIB, "memory.stat": stat}
    assert available_memory(machine(tmp_path, "0::/\n", files)) == 2 * GIB


@pytest.mark.parametrize(("outer", "inner", "free"), [(4, 8, 4), (8, 4, 4), ("max", 4, 4), ("max", "max", 16)])
def test_of_nested_groups_the_narrowest_counts(outer: object, inner: object, free: int, tmp_path: Path) -> None:
    def limit(value: object) -> object:
        return value * GIB if isinstance(value, int) else value

    files = {"a/memory.max": limit(outer), "a/b/memory.max": limit(inner)}
    files |= {"a/memory.current": 0, "a/b/memory.current": 0}
    assert available_memory(machine(tmp_path, "0::/a/b\n", files)) == free * GIB


@pytest.mark.parametrize(("limit", "free"), [(2 * GIB, 1), (9223372036854771712, 16)])
def test_the_first_version_of_groups_is_read_too(limit: int, free: int, tmp_path: Path) -> None:
    files: dict[str, object] = {"memory/job/memory.limit_in_bytes": limit, "memory/job/memory.usage_in_bytes": GIB}
    assert available_memory(machine(tmp_path, "4:cpu,memory:/job\n1:name=systemd:/\n", files)) == free * GIB


def test_a_group_that_is_full_leaves_nothing(tmp_path: Path) -> None:
    files: dict[str, object] = {"memory.max": GIB, "memory.current": 2 * GIB}
    assert available_memory(machine(tmp_path, "0::/\n", files)) == 0


def test_where_nothing_says_it_is_taken_to_be_little(tmp_path: Path) -> None:
    left = address_space_left(tmp_path)
    assert available_memory(tmp_path) == (UNKNOWN if left is None else left)


@pytest.mark.skipif(os.name != "posix", reason="there is no such limit elsewhere")
@pytest.mark.slow
@pytest.mark.parametrize("gib", [0.5, 3.3])
def test_a_small_address_space_is_told_in_one_line(gib: float, tmp_path: Path) -> None:
    code = (
        f"import resource; resource.setrlimit(resource.RLIMIT_AS, (int({gib} * 2**30),) * 2)\n"
        "import sys; from dreamer.cli import main; main(sys.argv[1:])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    line = ["render", str(ROOT / "inputs" / "sky.jpg"), "-p", "whisper", "--size", "48", "--device", "cpu"]
    result = subprocess.run(
        [sys.executable, "-c", code, *line], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    fits = result.returncode == 0  # a torch without CUDA is smaller
    assert fits or (result.returncode == 4 and "ulimit -v unlimited" in result.stderr), result.stderr
    assert "Traceback" not in result.stderr and (gib > 1 or not fits)
