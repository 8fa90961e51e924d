"""Where tasks are done: in this process, in others of this machine, or on a cluster; all behind one interface."""

from __future__ import annotations

from dreamer.jobs.executors.inline import Inline
from dreamer.jobs.executors.interface import Executor
from dreamer.jobs.executors.processes import Processes

__all__ = ["Executor", "Inline", "Processes"]
