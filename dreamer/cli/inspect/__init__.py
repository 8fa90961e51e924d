"""`dreamer inspect`: looking inside a network; one thin module a command, imported when it is called."""

from __future__ import annotations

import click

from dreamer.cli.running import LazyCommands

_COMMANDS = {
    "weights": "Draw the kernels themselves.",
    "activations": "Draw the feature maps that a photo gives.",
    "saliency": "Which pixels a class or target depends on, by gradients.",
    "occlusion": "Which parts of a photo a class depends on.",
    "deconv": "Project activations back to pixels, as a deconvnet does.",
    "trace": "The pixels that a feature map comes from: heat map, box and mask.",
    "top": "The photos and patches that activate a kernel most.",
    "embed": "A map of photos by a layer's features.",
    "classify": "The most probable classes, before and after a dream.",
    "fool": "The smallest change that makes a network predict another class; shape against texture.",
    "invert": "What a layer retains of a photo.",
}


@click.group(cls=LazyCommands, lazy=_COMMANDS, package="dreamer.cli.inspect")
def group() -> None:
    """Look inside a network: every tool takes any network that `dreamer networks` lists, or your own checkpoint."""
