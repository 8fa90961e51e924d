"""The octaves of a large still that are finished, kept beside its output until it is written.

One hidden file holds the picture after the last whole octave, in float32, and what the later ones depend on beside it.
It is renamed into place only when it is whole, so that a killed render goes on from it and ends with the same pixels.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Annotated, ClassVar

from pydantic import ConfigDict, Field, TypeAdapter
from safetensors import SafetensorError, safe_open
from torch import Tensor

from dreamer.atomic import atomic_write, discard
from dreamer.bounded import parse_json
from dreamer.buffers import empty, relax
from dreamer.dreaming.dream import OctaveState
from dreamer.dreaming.octaves import output_size
from dreamer.errors import OutputError
from dreamer.jobs.job import Job
from dreamer.refusals import reading

# Smaller stills, in px, are begun anew: 4096 x 4096.
LARGE = 1 << 24
_ROWS = 256  # that are read and written at a time
_REMEDY = "Make room or choose another --output; the same command goes on from the last whole octave."


@dataclass(frozen=True)
class _Facts:
    """What a stored state says of itself."""

    key: str
    octave: Annotated[int, Field(ge=1, le=20)]
    free_memory: Annotated[int, Field(ge=0)]
    largest_tile: Annotated[int, Field(ge=1)] | None
    alive: dict[int, bool]
    __pydantic_config__: ClassVar = ConfigDict(allow_inf_nan=False)


_FACTS = TypeAdapter(_Facts)


class OctaveStore:
    """The file of one still. `facts`: what its pixels depend on beside the job."""

    def __init__(self, job: Job, output: Path, facts: Mapping[str, str]) -> None:
        self.path = octaves_file(output)
        self._key = hashlib.sha256(json.dumps([job.key, sorted(facts.items())]).encode()).hexdigest()

    def read(self) -> OctaveState | None:
        """The state after the last whole octave; None where there is none, or only one of another picture.

        Raises OutputError where the system refuses to read it.
        """
        try:
            with (
                reading(OutputError, self.path, "the kept octaves cannot be read"),
                safe_open(self.path, framework="pt") as file,
            ):
                facts = _FACTS.validate_python(parse_json((file.metadata() or {})["octaves"]))
                stored = file.get_slice("picture")
                size = stored.get_shape()
                if facts.key != self._key or stored.get_dtype() != "F32" or len(size) != 4 or size[:2] != [1, 3]:
                    return None
                picture = empty(*size)
                for channel, top in _pieces(size[2]):
                    rows = slice(top, top + _ROWS)
                    picture[:, channel, rows] = stored[:, channel : channel + 1, rows][:, 0]
                    relax(picture)
        except (FileNotFoundError, SafetensorError, KeyError, ValueError):
            return None
        return OctaveState(facts.octave, picture, facts.free_memory, facts.largest_tile, facts.alive)

    def write(self, state: OctaveState) -> None:
        """Keep a state in place of the one before. Raises OutputError."""
        facts = {
            "key": self._key,
            "octave": state.octave,
            "free_memory": state.free_memory,
            "largest_tile": state.largest_tile,
            "alive": dict(state.alive),
        }
        with atomic_write(self.path, remedy=_REMEDY) as file:
            _write_safetensors(file, state.picture, json.dumps(facts))

    def delete(self) -> None:
        """Remove the file: the picture is written."""
        discard(self.path)


def octave_store(job: Job, facts: Mapping[str, str]) -> OctaveStore | None:
    """Where the octaves of a job are kept; None for one that is small, or stays in memory."""
    return OctaveStore(job, job.output, facts) if job.output is not None and is_large_still(job) else None


def is_large_still(job: Job) -> bool:
    """Whether a job takes so long that its octaves are kept, and that devices share it."""
    height, width = output_size(job.preset, job.size)
    return job.film is None and height * width > LARGE


def octaves_file(output: Path) -> Path:
    """The hidden file beside an output."""
    return output.with_name(f".{output.name}.octaves")


def _pieces(height: int) -> list[tuple[int, int]]:
    return [(channel, top) for channel in range(3) for top in range(0, height, _ROWS)]


def _write_safetensors(file: IO[bytes], picture: Tensor, facts: str) -> None:
    """As `safetensors.torch.save` does, but without a copy of the picture in memory."""
    entry = {"dtype": "F32", "shape": list(picture.shape), "data_offsets": [0, picture.nbytes]}
    header = json.dumps({"__metadata__": {"octaves": facts}, "picture": entry}).encode()
    header += b" " * (-len(header) % 8)
    file.write(len(header).to_bytes(8, "little") + header)
    for channel, top in _pieces(picture.shape[2]):
        file.write(picture[0, channel, top : top + _ROWS].cpu().numpy().tobytes())
        relax(picture)
