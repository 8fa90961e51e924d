"""Where presets and the pictures that ship with them are found. Light: imports no data model."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePath

from platformdirs import user_config_path

from dreamer.errors import PictureError, PresetError, did_you_mean

SUFFIX = ".toml"
SHIPPED_PICTURE = "dreamer:"


def shipped_folder() -> Path:
    """The folder of the presets that ship: inside an installed package, or at the top of a source checkout."""
    packaged = Path(__file__).parents[1] / "shipped"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "presets"


def preset_folders() -> list[Path]:
    """The folders that are searched for a name, in order: the working folder's, the user's, the package's."""
    return [Path("presets"), user_config_path("dreamer", appauthor=False) / "presets", shipped_folder()]


def preset_files() -> dict[str, Path]:
    """Every preset that can be called by name, with its file; the first folder that has a name wins."""
    files: dict[str, Path] = {}
    for folder in preset_folders():
        for file in sorted(folder.glob(f"*{SUFFIX}")):
            files.setdefault(file.stem, file)
    return dict(sorted(files.items()))


def is_path(text: str, suffix: str | None = None) -> bool:
    """Whether a file is named by its path: by a slash in the text, or by `suffix` (None: any) at its end.

    The one rule for presets, networks, weights and labels, all of which may be named in other ways.
    """
    ends = PurePath(text).suffix != "" if suffix is None else text.endswith(suffix)
    return ends or "/" in text or "\\" in text


def expanded(text: str) -> Path:
    """The path that a text names, with "~" as the home folder where there is such a user."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def is_file(path: Path) -> bool:
    """Whether there is a file; False, too, for a path that no file system can have."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Whether there is a folder; False, too, for a path that no file system can have."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def find_preset(
    text: str, *, folder: Path | None = None, extended_by: Path | None = None, where: str | None = None
) -> Path:
    """The file of a preset by name or path.

    Relative paths start at `folder`, which is also the first to be searched for a name (default: the working
    folder, where names are looked up in its `presets/`). A preset that is `extended_by` a file is never that file
    itself, so that a person's "classic" can extend the "classic" that ships. Raises PresetError, at `where`.
    """
    if is_path(text, SUFFIX):
        return _at_path((folder or Path()) / expanded(text), where)
    folders = [*([folder] if folder else []), *preset_folders()]
    for file in (place / f"{text}{SUFFIX}" for place in folders):
        if is_file(file) and not (extended_by and file.resolve() == extended_by.resolve()):
            return file
    near = did_you_mean(text, (file.stem for place in folders for file in place.glob(f"*{SUFFIX}")))
    places = ", ".join(dict.fromkeys(str(place) for place in folders))
    advice = " ".join(part for part in (near, f"Looked in {places}.") if part)
    raise PresetError([f"there is no preset named {text!r}"], where=where, remedy=advice)


def _at_path(file: Path, where: str | None) -> Path:
    if is_folder(file):
        raise PresetError([f"{file} is a folder, not a preset"], where=where)
    for candidate in (file, file.with_name(f"{file.name}{SUFFIX}")):
        if is_file(candidate):
            return candidate
    if os.path.lexists(file):
        raise PresetError([f"{file} is not a regular file"], where=where, remedy="Name a preset's file.")
    beside = file.parent.glob(f"*{SUFFIX}") if is_folder(file.parent) else ()
    near = did_you_mean(file.name, (other.name for other in beside))
    raise PresetError([f"there is no file {file}"], where=where, remedy=near)


def resolve_picture(text: str) -> Path:
    """The file of a picture that a preset names; "dreamer:NAME" is a picture that ships with the presets.

    Raises PictureError for a name that does not ship. Any other text is a path, which may or may not exist.
    """
    if not text.startswith(SHIPPED_PICTURE):
        return Path(text)
    name = text.removeprefix(SHIPPED_PICTURE)
    shipped = {file.name: file for file in _pictures()}
    if name not in shipped:
        advice = did_you_mean(name, shipped) or f"These ship: {', '.join(shipped) or 'none'}."
        raise PictureError(f"no picture named {name!r} ships with dreamer", where=text, remedy=advice)
    return shipped[name]


def _pictures() -> Iterator[Path]:
    folder = shipped_folder() / "pictures"
    return (Path(entry.path) for entry in os.scandir(folder) if entry.is_file()) if folder.is_dir() else iter(())
