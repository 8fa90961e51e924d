"""`dreamer sound`: what films can follow in a song."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import click
from pydantic import ValidationError

from dreamer.cli.listening import hear_shown
from dreamer.cli.options import json_option, verbosity_options
from dreamer.errors import UsageError
from dreamer.presets.model.animation import Animation
from dreamer.presets.timeline.hearing import SIGNALS, Hearing, Song, beats_in
from dreamer.texts import json_line


def _rate(ctx: click.Context, param: click.Parameter, given: str) -> Fraction:
    try:
        return Animation(fps=given).rate
    except ValidationError as error:
        raise click.BadParameter(error.errors(include_url=False)[0]["msg"], ctx, param) from error


@click.command()
@click.argument("song", type=click.Path(path_type=Path), metavar="SONG")
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Draw every curve under the waveform, with beats, bars and sections.")  # fmt: skip
@click.option("--csv", "as_csv", is_flag=True, help="Print every signal, a line for each frame of a film.")
@click.option("--fps", default="30", show_default=True, metavar="RATE", callback=_rate,
              help="Frames per second, for --csv.")  # fmt: skip
@click.option("--click", "clicks", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Write the song as WAV with a click on each beat, higher where a bar begins.")  # fmt: skip
@json_option
@verbosity_options
def command(song: Path, plot: Path | None, as_csv: bool, fps: Fraction, clicks: Path | None, as_json: bool) -> None:
    """Listen to SONG, any file with sound: tempo, beats, bars and sections, which films can follow.

    A song is listened to once; what was found is kept. Needs the extra `sound`: pip install 'dreamer[sound]'.
    """
    if as_csv and as_json:
        raise UsageError("--csv and --json exclude each other", remedy="Leave one of them out.")
    found = hear_shown(song)
    if as_csv:
        csv.writer(sys.stdout, lineterminator="\n").writerows(_rows(found, fps))
    elif as_json:
        click.echo(json_line(_facts(found)))
    else:
        click.echo("\n".join(_told(found)))
    if plot is not None:
        from dreamer.drawing.save import save_drawing
        from dreamer.sound.decode import decode
        from dreamer.sound.plot import draw_song

        save_drawing(draw_song(decode(song), found), plot)
        click.echo(str(plot), err=True)
    if clicks is not None:
        from dreamer.sound.clicks import with_clicks, write_wave
        from dreamer.sound.decode import decode

        write_wave(clicks, with_clicks(decode(song), found))
        click.echo(str(clicks), err=True)


def _facts(song: Song) -> dict[str, object]:
    return {
        "name": song.name,
        "seconds": song.seconds,
        "tempo": song.tempo if song.beats else None,
        "meter": song.meter if song.beats else None,
        "beats": song.beats,
        "bars": song.beats[song.first_bar :: song.meter],
        "sections": song.sections,
    }


def _told(song: Song) -> Iterator[str]:
    yield f"{song.name}: {song.seconds:.1f} s"
    if song.beats:
        bars = song.beats[song.first_bar :: song.meter]
        yield f"tempo     {song.tempo:.1f} beats a minute"
        yield f"beats     {len(song.beats)}, the first at {song.beats[0]:.2f} s"
        yield f"bars      {len(bars)} of {song.meter} beats" + (f", the first at {bars[0]:.2f} s" if bars else "")
    else:
        yield "beats     none found; times in beats go by animation.bpm"
    yield f"sections  {len(song.sections)}, at {', '.join(f'{time:.1f}' for time in song.sections)} s"


def _rows(song: Song, rate: Fraction) -> Iterator[list[str | float]]:
    hearing = Hearing(song, beats_in(Animation(), song))
    yield ["seconds", *SIGNALS]
    for frame in range(max(1, int(song.seconds * rate))):
        seconds = float(frame / rate)
        yield [round(seconds, 4), *(round(hearing.value(name, None, seconds), 4) for name in SIGNALS)]
