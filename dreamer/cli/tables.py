"""Rows of facts as a table or as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from dreamer.texts import json_line


def print_rows(rows: Sequence[Mapping[str, object]], as_json: bool) -> None:
    """Print one JSON object a line, or a table under the keys as headings."""
    if as_json:
        for row in rows:
            click.echo(json_line(row))
    else:
        print_table(rows)


def print_table(rows: Sequence[Mapping[str, object]], *, headed: bool = True) -> None:
    """Print rows of the same keys as aligned columns, numbers to the right; nothing where there are no rows.

    A terminal folds long cells. Elsewhere every row is one line of plain text with whole cells, for grep.
    """
    if not rows:
        return
    table = Table(box=None, show_header=headed, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for key, value in rows[0].items():
        is_text = isinstance(value, str)
        table.add_column(key.replace("_", " "), justify="left" if is_text else "right", overflow="fold")
    for row in rows:
        # As Text: brackets in a cell are no markup.
        table.add_row(*(Text(str(value)) for value in row.values()))
    console = Console(highlight=False)
    if not console.is_terminal:
        wide = console.options.update(max_width=1 << 16)
        console.width = Measurement.get(console, wide, table).maximum
    with console.capture() as drawn:
        console.print(table)
    for line in drawn.get().splitlines():
        click.echo(line.rstrip())
