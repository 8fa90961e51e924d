"""The `[animation]` table: how a film moves, how long it is, and what keeps it from drifting."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Any, Literal

from annotated_types import Unit
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from dreamer.presets.model.beats import Beats, own_beats
from dreamer.presets.model.fields import LIST, Share, Spelling, Table, described, mistake
from dreamer.presets.model.times import exact_rate, frames_in, seconds_at, unit_of

# A length: as long as the song.
AS_SOUND = "sound"
# How long a film is that is to be as long as a song, while there is none.
_WITHOUT_SONG = "10s"
Moment = Annotated[float, Field(ge=0, le=86400)]


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _rate(value: str) -> str:
    try:
        rate = Fraction(value)
    except (ValueError, ZeroDivisionError):
        raise mistake("rate", f"{value!r} is not a frame rate; write 30, 23.976 or '30000/1001'") from None
    if not 1 <= rate <= 240:
        raise mistake("rate", f"{value} is not a frame rate from 1 to 240")
    return value


Rate = Annotated[
    str,
    BeforeValidator(_text),
    AfterValidator(_rate),
    Spelling('a number or "30000/1001"', ({"type": "number", "minimum": 1, "maximum": 240},)),
]


class Levels(Table):
    """What the measures of a frame are held at; each omitted one is the first frame's."""

    brightness: Share | None = described(None, "mean brightness")
    contrast: Share | None = described(None, "standard deviation of the brightness")
    saturation: Share | None = described(None, "root mean square of the distance from gray")
    sharpness: Share | None = described(None, "gradient energy: mean squared difference of neighboring pixels")


class Stabilization(Table):
    """What keeps a long film alive: how firmly each measure of a frame is brought back to the first frame's."""

    brightness: Share = described(1.0, "how firmly the mean brightness is kept; 0: let it drift")
    contrast: Share = described(1.0, "how firmly the standard deviation of the brightness is kept")
    saturation: Share = described(1.0, "how firmly the standard deviation of the color is kept")
    detail: Share = described(
        1.0, "how firmly each scale's share of the picture is kept, so that it neither blurs nor clogs"
    )
    sharpness: Share = described(1.0, "how firmly the gradient energy is kept, by slight sharpening or softening")
    levels: Levels = described(Levels(), "what the measures are held at, where not at the first frame's")
    grain: Annotated[float, Unit("standard deviation")] = described(
        0.01,
        "fresh noise where resampling has blurred, for the dream to grow on",
        ge=0,
        le=1,
    )


class Animation(Table):
    """How a film moves. All rates are per second, so that the frame rate never changes the look."""

    length: str = described(
        "10s", 'length of the film: "10s", "300f" (frames), "16b" (beats), "8 bars", or "sound": as long as the song'
    )
    frames: int | None = described(None, "length in frames, in place of length", ge=1, le=1_000_000)
    fps: Rate = described("30", "frames per second")
    song: str | None = described(None, "path of a song that the film has as its sound, and that its values may follow")
    sound_start: str = described("0s", 'where in the song the film begins, such as "30s"')
    sound: Literal["loop", "end"] | None = described(
        None, "what a song does that is shorter than the film: begin again, or end in silence; omitted: an error"
    )
    bpm: float | None = described(
        None, "beats per minute, for times in beats; omitted: the song's own beats, or 120", gt=0, le=1000
    )
    beats: Annotated[tuple[Moment, ...], LIST] = described(
        (), "when each beat is, in seconds from the film's start, in place of a tempo or of the song's own beats"
    )
    meter: int | None = described(None, "beats in a bar; omitted: as the song has, or 4", ge=1, le=32)
    zoom: float = described(1.0, "magnification a second; below 1 the camera draws back", ge=0.01, le=100)
    rotate: Annotated[float, Unit("degrees")] = described(0.0, "rotation a second, counterclockwise", ge=-3600, le=3600)
    pan_x: Annotated[float, Unit("share of the width")] = described(
        0.0, "movement to the right a second", ge=-10, le=10
    )
    pan_y: Annotated[float, Unit("share of the height")] = described(0.0, "movement downward a second", ge=-10, le=10)
    center: Annotated[tuple[Share, Share], Unit("share of the canvas")] = described(
        (0.5, 0.5), "x and y of the point that zoom and rotation leave in place"
    )
    border: Literal["reflect", "wrap", "grow"] = described(
        "reflect", "what comes in from outside: the mirrored picture, its other side, or its edge with fresh grain"
    )
    lead_in: int = described(
        4,
        "how many times the first frame is dreamt before the film begins, so that it looks like the others",
        ge=1,
        le=100,
    )
    feedback: bool = described(
        True, "true: each frame is dreamt over the last one; false: each over the start, seen by the moved camera"
    )
    loop: Literal["none", "zoom", "pingpong"] = described(
        "none", "zoom: the last frame leads into the first, closed in scale; pingpong: forward, then backward"
    )
    dream_every: Annotated[int, Unit("frames")] = described(
        1, "dream every N frames, and move the dream by the camera in between", ge=1, le=100
    )
    carry: Share = described(0.9, "for filmed input: share of the dream that is carried along the motion")
    flow: Literal["dis", "raft"] = described(
        "dis", "for filmed input, how motion is found: dis: OpenCV's dense inverse search; raft: torchvision's network"
    )
    stabilize: Stabilization = described(Stabilization(), "what is kept from drifting over a long film")

    @property
    def rate(self) -> Fraction:
        """Frames per second, exactly; 29.97 and 23.976 are the broadcast rates 30000/1001 and 24000/1001."""
        return exact_rate(Fraction(self.fps))

    @property
    def start_seconds(self) -> float:
        """Seconds of the song that are left out before the film begins."""
        return seconds_at(self.sound_start, self.rate, Beats())

    @property
    def frame_count(self) -> int:
        """How many frames the film has, where no song says more."""
        length = _WITHOUT_SONG if self.length == AS_SOUND else self.length
        return self.frames or frames_in(length, self.rate, self.own_beats)

    @property
    def own_beats(self) -> Beats:
        """The beats that are listed, or by the tempo."""
        return own_beats(self.bpm, self.beats, self.meter)

    @model_validator(mode="after")
    def _times_are_times(self) -> Animation:
        if any(second <= first for first, second in pairwise(self.beats)) or len(self.beats) == 1:
            raise mistake("time", "needs two times or more, each later than the one before", "beats")
        if unit_of(self.sound_start) not in ("s", "f"):
            raise mistake("time", f"{self.sound_start!r} is not a time in a song; write '30s'", "sound_start")
        try:
            if self.length != AS_SOUND:
                frames_in(self.length, self.rate, self.own_beats)
        except ValueError as error:
            raise mistake("time", str(error), "length") from None
        return self
