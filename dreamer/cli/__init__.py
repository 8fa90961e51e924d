"""The command line `dreamer`: one thin module a command, imported when it is called."""

from __future__ import annotations

import click

from dreamer import __version__
from dreamer.cli.options import verbosity_options
from dreamer.cli.running import Dreamer

__all__ = ["main"]

_COMMANDS = {
    "render": "Dream on photos, folders of photos, or noise.",
    "animate": "Film dreams over photos, folders of photos, or noise.",
    "batch": "Whole folders by several presets: planned, journaled, resumed.",
    "gallery": "Write a page to browse a folder of dreams.",
    "sheet": "Put pictures on a labelled contact sheet.",
    "atlas": "Draw what every kernel, class or direction of a network wants.",
    "mask": "Draw what a mask would be over a photo.",
    "suggest": "Find out what to dream on a photo.",
    "again": "Render a picture or film again from the recipe inside it.",
    "recipe": "Print the recipe inside a picture as a preset.",
    "sound": "Listen to a song: tempo, beats, bars and sections for films to follow.",
    "presets": "List, show, explain, check, begin and plot presets.",
    "networks": "List networks, their layers and classes; train one.",
    "inspect": "Look inside a network: kernels, activations, saliency, occlusion and more.",
    "doctor": "Tell what this machine has: device, ffmpeg, weights.",
}


@click.group(
    cls=Dreamer,
    lazy=_COMMANDS,
    package="dreamer.cli",
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, message="%(prog)s %(version)s", help="Print the version.")
@verbosity_options
@click.pass_context
def main(ctx: click.Context) -> None:
    """DeepDream over photos: short TOML presets in, dreamt pictures out.

    \b
    dreamer render photo.jpg -p classic-deepdream    dream on a photo
    dreamer presets                                  what there is to try
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
