"""Songs that a command listens to, shown on stderr while that takes."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from dreamer.cli.running import verbosity
from dreamer.presets.timeline.hearing import Song


def hear_shown(path: Path, closely: bool = True) -> Song:
    """The song at a path, listened to or, not `closely`, only measured. Raises SoundError, ToolError."""
    from dreamer.sound.hear import hear, measure

    if not closely:
        return measure(path)
    console = Console(stderr=True)
    if verbosity() < 0:
        return hear(path)
    if not console.is_terminal or console.is_dumb_terminal:
        told: list[float] = []

        def tell_once(share: float) -> None:
            if not told:
                click.echo(f"listening to {path.name}", err=True)
            told.append(share)

        return hear(path, tell_once)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(f"listening to {path.name}", total=1.0, visible=False)
        return hear(path, lambda share: bar.update(task, completed=share, visible=True))
