"""The song of a film: found by its preset, listened to where something follows it, and what does not fit told early."""

from __future__ import annotations

from pathlib import Path

from dreamer.errors import UsageError
from dreamer.film.command import Soundtrack
from dreamer.presets.model.animation import AS_SOUND, Animation
from dreamer.presets.model.schema import Preset
from dreamer.presets.timeline.hearing import Song
from dreamer.presets.timeline.listening import followed_signals, listens
from dreamer.sound.hear import hear, heard_digest, measure, sound_digest

_GIVE = 'Give --sound song.mp3, or animation.song = "song.mp3" in the preset.'


def hear_song(path: Path, closely: bool) -> Song:
    """The song at a path, listened to or, not `closely`, only measured. Raises SoundError, ToolError."""
    return hear(path) if closely else measure(path)


def song_of(preset: Preset) -> Song | None:
    """The song of a film's preset, listened to where anything in it goes by beats or signals. Raises SoundError."""
    animation = preset.animation
    if animation is None or animation.song is None:
        return None
    return hear_song(Path(animation.song), follows_song(preset))


def follows_song(preset: Preset) -> bool:
    """Whether frames depend on what is heard in the preset's song."""
    has_song = preset.animation is not None and preset.animation.song is not None
    return has_song and listens(preset.model_dump(mode="json", exclude={"title", "description"}))


def without_sound(preset: Preset) -> Preset:
    """The preset as far as its frames go: without a song that nothing in it follows."""
    animation = preset.animation
    if animation is None or animation.song is None or follows_song(preset):
        return preset
    silent = animation.model_copy(update={"song": None, "sound": None, "sound_start": "0s"})
    return preset.model_copy(update={"animation": silent})


def hearing_key(preset: Preset) -> str:
    """Digest of what was found in the song that a preset follows; empty where it follows none. Raises SoundError."""
    song = song_of(preset) if follows_song(preset) else None
    return "" if song is None else heard_digest(song)


def song_facts(preset: Preset) -> dict[str, str]:
    """What a recipe says of a film's song: the digest of its bytes, by which it is found again."""
    path = preset.animation.song if preset.animation is not None else None
    return {"song": sound_digest(Path(path))} if path else {}


def soundtrack(animation: Animation, skipped: float = 0.0) -> Soundtrack | None:
    """The sound of a film of which the first `skipped` seconds are left out; None without a song."""
    if animation.song is None:
        return None
    return Soundtrack(Path(animation.song), animation.start_seconds, animation.sound == "loop", skipped)


def check_sound(preset: Preset, song: Song | None, seconds: float) -> None:
    """Refuse what cannot be heard in a film of `seconds`: signals without a song, a song that is too short.

    Raises UsageError.
    """
    animation = preset.animation or Animation()
    signals = followed_signals(preset)
    if song is None:
        if signals:
            raise UsageError(f"the preset follows a song ({', '.join(signals)}), and there is none", remedy=_GIVE)
        if animation.length == AS_SOUND and animation.frames is None:
            raise UsageError('animation.length is "sound", and there is no song', remedy=_GIVE)
        return
    left = song.seconds - animation.start_seconds
    if left <= 0:
        what = f"lasts {song.seconds:.1f} s, and the film is to begin at {animation.sound_start}"
        raise UsageError(what, where=song.name, remedy="Give an earlier --sound-start.")
    if signals and animation.loop == "pingpong":
        what = f"a film that plays forward, then backward, cannot follow a song ({', '.join(signals)})"
        raise UsageError(what, remedy='Set animation.loop = "none" or "zoom".')
    if animation.sound is None and seconds > left + 1 / float(animation.rate):
        what = f"lasts {left:.1f} s from {animation.sound_start} on, and the film {seconds:.1f} s"
        remedy = "Give --length sound, or --set animation.sound=loop to repeat it, or =end to go on in silence."
        raise UsageError(what, where=song.name, remedy=remedy)


def film_seconds(preset: Preset) -> float:
    """How long a preset's film is, where it is not over a clip."""
    animation = preset.animation or Animation()
    return float(animation.frame_count / animation.rate)
