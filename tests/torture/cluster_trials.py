"""Batches on a Ray cluster of two nodes, one of which is killed at a random moment; in a process of their own.

Arguments: a JSON list of trials, each with the folder to work in, the command line and the seconds until the node dies
(null: it lives). Prints a JSON line for each: the exit code, whether the node died in time, and what was said.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

from click.testing import CliRunner
from ray.cluster_utils import Cluster

from dreamer.cli import main


def attempt(nodes: Cluster, folder: str, args: list[str], delay: float | None) -> dict[str, Any]:
    """One batch on the head and on a node of its own."""
    os.chdir(folder)
    node = nodes.add_node(num_cpus=1)
    timer = threading.Timer(delay or 0, nodes.remove_node, (node, False))
    if delay is not None:
        timer.start()
    result = CliRunner().invoke(main, [*args, "--cluster", nodes.address], prog_name="dreamer")
    died = delay is not None and timer.finished.is_set()
    timer.cancel()
    if delay is not None and died:
        timer.join()
    else:
        nodes.remove_node(node, False)
    return {"code": result.exit_code, "died": died, "said": result.output}


if __name__ == "__main__":
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    for trial in json.loads(sys.argv[1]):
        print(json.dumps(attempt(cluster, **trial)), flush=True)
    os._exit(0)  # the nodes end with this process, and need not be waited for
