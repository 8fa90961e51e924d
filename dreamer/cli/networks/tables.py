"""Rows of facts as an aligned table or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import click


def print_rows(rows: Sequence[dict[str, object]], as_json: bool) -> None:
    """One JSON object a line, or an aligned table."""
    if as_json:
        for row in rows:
            click.echo(json.dumps(row, ensure_ascii=False))
        return
    if not rows:
        return
    heads = [str(key).replace("_", " ") for key in rows[0]]
    cells = [[str(value) for value in row.values()] for row in rows]
    widths = [max(len(line[column]) for line in [heads, *cells]) for column in range(len(heads))]
    numeric = [not isinstance(value, str) for value in rows[0].values()]
    for line in [heads, *cells]:
        click.echo("  ".join(_aligned(line, widths, numeric)).rstrip())


def _aligned(line: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> Iterable[str]:
    for text, width, right in zip(line, widths, numeric, strict=True):
        yield text.rjust(width) if right else text.ljust(width)
