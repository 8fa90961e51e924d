"""What the frames of a film depend on, as digests. Imports no torch."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

from dreamer.film.frame_facts import read_frame_facts
from dreamer.jobs.job import Job, file_digest
from dreamer.jobs.sounds import hearing_key, without_sound
from dreamer.pictures.names import frames_folder
from dreamer.presets.dump import to_json
from dreamer.presets.model.animation import Animation
from dreamer.presets.model.schema import Preset
from dreamer.presets.source.named_files import with_song_named


def film_key(job: Job) -> str:
    """Digest of the preset and the files that a film's frames come from. Where nothing in the preset is relative to the
    length, that is left out, so that a film can be made longer; and so is a song that nothing follows. Raises
    PictureError for files that cannot be read, SoundError for a song."""
    job = replace(job, preset=without_sound(job.preset))
    preset = with_song_named(job.preset)
    animation = preset.animation
    if animation is not None and not _relative_to_length(preset, animation):
        animation = animation.model_copy(update={"length": "10s", "frames": None})
        preset = preset.model_copy(update={"animation": animation})
    digest = hashlib.sha256(to_json(preset).encode())
    for path in job.read_files():
        digest.update(file_digest(path).encode())
    digest.update(hearing_key(job.preset).encode())
    return digest.hexdigest()[:32]


def frames_key(job: Job, weights: str, precision: str) -> str:
    """Digest of all that the frames depend on, for the network's weights, by their digest, and its precision."""
    return hashlib.sha256(f"{film_key(job)}\n{weights}\n{precision}\n".encode()).hexdigest()[:32]


def has_frames_of_another(output: Path, job: Job) -> bool:
    """Whether frames are kept for a film at `output` that other settings than the job's have begun."""
    facts = read_frame_facts(frames_folder(output))
    return facts is not None and facts.film not in ("", film_key(job))


def _relative_to_length(preset: Preset, animation: Animation) -> bool:
    tracks = json.dumps(preset.model_dump(mode="json")["keyframes"])
    return animation.loop != "none" or re.search(r"%|\bp\b", tracks) is not None
