"""A machine of the cluster is lost in the middle of the work."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.jobs.conftest import add_photo

# In a process of its own, since a cluster belongs to the whole process.
WORK = """
import json, os, sys
from pathlib import Path
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
from ray.cluster_utils import Cluster as Nodes
from dreamer.jobs.events import JobDone, JobFailed
from dreamer.jobs.executors.cluster import Cluster
from dreamer.jobs.job import Job, examined
from dreamer.presets import load_preset

folder = Path(sys.argv[1])
nodes = Nodes(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
second = nodes.add_node(num_cpus=1)
preset = load_preset("whisper", ["canvas.size=64", "octaves.count=1", "octaves.steps=30"])
jobs = [Job(folder / f"{n}.png", preset, "whisper", folder / "out" / f"{n}.png") for n in range(10)]
found = []
with Cluster(nodes.address, workers=2, cores=1, device="cpu", precision="float32") as executor:
    for event in executor.run(iter([(examined(job),) for job in jobs])):
        if isinstance(event, (JobDone, JobFailed)):
            found.append([type(event).__name__, event.job.output.name])
            if len(found) == 3:
                nodes.remove_node(second)
print(json.dumps(found), flush=True)
os._exit(0)
"""


@pytest.mark.ray
@pytest.mark.slow
def test_the_others_finish_the_work_of_a_node_that_died(tmp_path: Path) -> None:
    for number in range(10):
        add_photo(str(tmp_path / f"{number}.png"), number)
    result = subprocess.run([sys.executable, "-c", WORK, str(tmp_path)], capture_output=True, text=True, timeout=400)
    found = json.loads(result.stdout.strip().splitlines()[-1])
    assert sorted(name for _, name in found) == [f"{number}.png" for number in range(10)]
    assert {kind for kind, _ in found} == {"JobDone"}
    assert len(list((tmp_path / "out").glob("*.png"))) == 10
