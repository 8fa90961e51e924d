"""What must be so after a command that something failed in, and after it was run again."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path

import torch
from PIL import Image
from safetensors.torch import load

from tests.torture.faults import Ended, Fault
from tests.torture.scenarios import Scenario

Files = Mapping[str, bytes]
_TOLD = ("error: ", "failed: ", "skipped: ", "cannot be shown: ")
_NEVER_SHOWN = ("Traceback", "Exception ignored", "Exception in thread", "Error: ")
_JOURNAL, _CLOCKED = "journal.jsonl", ("time", "seconds")


def files_in(folder: Path) -> Files:
    """All files below a folder, with what differs from run to run, times of the clock, taken out."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): _timeless(path) for path in paths}


def _timeless(path: Path) -> bytes:
    data = path.read_bytes()
    if path.suffix == ".html":
        return re.sub(rb'"time":[\d.]+', b'"time":0', data)
    if path.name == _JOURNAL:
        entries = {entry["output"]: entry for entry in map(json.loads, data.splitlines())}
        kept = [{key: value for key, value in entries[name].items() if key not in _CLOCKED} for name in sorted(entries)]
        return "".join(f"{json.dumps(entry)}\n" for entry in kept).encode()
    return data


def check_fault(scenario: Scenario, ended: Ended, before: Files, after: Files, undisturbed: Files) -> None:
    """The command ended in order: the right code, few clear lines, nothing lost and nothing half written."""
    _check_words(ended)
    for name, data in before.items():
        known = [data, undisturbed.get(name)]  # None where an undisturbed run removes it
        known += [None] if _matches(name, scenario.passing) else []
        whole = name in after and _is_whole(name, after[name]) and _matches(name, scenario.composed)
        assert after.get(name) in known or whole, f"{name} is lost or damaged\n{ended.stderr}"
    for name in sorted(after.keys() - before.keys()):
        if not _is_hidden(name) and after[name] != undisturbed.get(name):
            allowed = scenario.passing if name not in undisturbed else scenario.passing + scenario.composed
            whole = _matches(name, allowed) and _is_whole(name, after[name])
            assert whole, f"{name} is in place, and not what it should be\n{ended.stderr}"
    if ended.code == 0:
        wanted = [name for name in sorted(undisturbed) if not _is_hidden(name)]
        missing = [name for name in wanted if after.get(name) != undisturbed[name]]
        if "skipped: " in ended.stderr:  # what is made of many may be made of the others
            missing = [name for name in missing if name not in after or not _matches(name, scenario.composed)]
        assert missing == [], f"all is well, it says, without {missing}\n{ended.stderr}"


def check_rerun(scenario: Scenario, fault: Fault, ended: Ended, after: Files, undisturbed: Files) -> None:
    """The command, given again, has made what it makes when nothing fails, and left nothing else.

    Where the system has refused to remove a file that is in nobody's way, it may be there still.
    """
    assert ended.code == 0, f"the rerun ends with {ended.code}\n{ended.stderr}"
    missing, left = sorted(undisturbed.keys() - after.keys()), sorted(after.keys() - undisturbed.keys())
    if fault.name == "unlink":
        left = [name for name in left if not _is_hidden(name) and not _matches(name, scenario.passing)]
    assert (missing, left) == ([], []), f"after the rerun {missing} are missing, {left} are left over"
    differing = sorted(name for name in undisturbed if after[name] != undisturbed[name])
    if _JOURNAL in fault.path:  # what could not be noted is found done, and needs no note
        lines = [set(files[name].splitlines()) for files in (after, undisturbed) for name in files if _JOURNAL in name]
        differing = [name for name in differing if _JOURNAL not in name or not lines[0] <= lines[1]]
    assert differing == [], f"after the rerun {differing} differ"


def _check_words(ended: Ended) -> None:
    assert ended.code in range(5), f"ended with {ended.code}\n{ended.stderr[-3000:]}"
    for shown in _NEVER_SHOWN:
        assert shown not in ended.stderr, ended.stderr[-4000:]
    if ended.code:
        lines = ended.stderr.splitlines()
        told = [number for number, line in enumerate(lines) if line.startswith(_TOLD)]
        assert told, f"no word of what failed\n{ended.stderr}"
        assert any(line.startswith("  ") for line in lines[told[0] + 1 : told[0] + 2]), f"no remedy\n{ended.stderr}"


def _is_hidden(name: str) -> bool:
    """Whether a file is none of the user's: a lock, or one that is being written."""
    return Path(name).name.startswith(".")


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


def _is_whole(name: str, data: bytes) -> bool:
    try:
        match Path(name).suffix:
            case ".html":
                return data.rstrip().endswith(b"</html>")
            case ".safetensors":
                return bool(load(data))
            case ".training":
                return bool(torch.load(io.BytesIO(data), weights_only=True))
            case ".jsonl" | ".json":
                return all(map(json.loads, data.splitlines()))
            case ".npz":
                return zipfile.ZipFile(io.BytesIO(data)).testzip() is None
            case _:
                Image.open(io.BytesIO(data)).load()
                return True
    except (OSError, ValueError, RuntimeError, SyntaxError):
        return False
