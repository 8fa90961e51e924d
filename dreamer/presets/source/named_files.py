"""The files that a preset names: where their paths start, and how they are written in a recipe."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from dreamer.errors import PictureError
from dreamer.presets.model.canvas import Mask
from dreamer.presets.model.schema import Preset
from dreamer.presets.model.times import is_time
from dreamer.presets.source.lookup import SHIPPED_PICTURE, expanded, is_file, is_path, resolve_picture

_PICTURES = {"guide", "style", "picture"}
_ALWAYS = {*_PICTURES, "labels", "song"}
_NAME_OR_PATH = {"network", "name", "weights"}


def with_files(tree: Any, change: Callable[[str], str], key: str = "") -> Any:
    """A copy of a tree of TOML values in which `change` was applied to every path of a file."""
    if isinstance(tree, dict):
        # Keyframes hold values of the key that they stand for; a preset's `keyframes` are named by whole paths.
        keys = {name: key if is_time(name) else name.rpartition(".")[2] for name in tree}
        return {name: with_files(value, change, keys[name]) for name, value in tree.items()}
    if isinstance(tree, list):
        return [with_files(value, change) for value in tree]
    return change(tree) if isinstance(tree, str) and _is_file(key, tree) else tree


def _is_file(key: str, text: str) -> bool:
    return key in _ALWAYS or (key in _NAME_OR_PATH and is_path(text))


def starting_at(folder: Path) -> Callable[[str], str]:
    """A function that makes a relative path of a preset in `folder` one that starts at the working folder."""

    def anchored(text: str) -> str:
        if text.startswith(SHIPPED_PICTURE):
            return text
        path = expanded(text)
        return (path if path.is_absolute() else folder / path).as_posix()

    return anchored


def portable_paths(preset: Preset) -> Preset:
    """The preset with no absolute path in it, fit to be given away.

    A path inside the working folder becomes relative to it; of any other, and of a song, only the file's name remains.
    """
    tree = with_song_named(preset).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return Preset.model_validate(with_files(tree, _portable))


def with_song_named(preset: Preset) -> Preset:
    """The preset with its song by the file's name alone: what it sounds like is told by its digest."""
    animation = preset.animation
    if animation is None or animation.song is None:
        return preset
    return preset.model_copy(update={"animation": animation.model_copy(update={"song": Path(animation.song).name})})


def missing_files(preset: Preset) -> list[str]:
    """A message for each file that a preset names and that is not there."""
    messages = []
    for text in named_files(preset):
        try:
            if not is_file(resolve_picture(text)):
                messages.append(f"there is no file {text}")
        except PictureError as error:
            messages.append(str(error))
    return messages


def _portable(text: str) -> str:
    path = Path(text)
    if not path.is_absolute():  # nor is one that ships
        return text
    inside = path.is_relative_to(os.getcwd())
    return path.relative_to(os.getcwd()).as_posix() if inside else path.name


def wanted_areas(preset: Preset) -> list[str]:
    """Names of what a preset's masks let find in the photo, each once."""
    names = [mask.area for mask in _masks(preset)] + [preset.canvas.protect]
    return list(dict.fromkeys(name for name in names if name is not None))


def mask_pictures(preset: Preset) -> list[str]:
    """The texts by which a preset names the pictures of its masks, each once."""
    keyframed = [text for path, text in _keyframed_pictures(preset) if path.endswith("picture")]
    texts = [*(mask.picture for mask in _masks(preset)), *keyframed]
    return list(dict.fromkeys(text for text in texts if text is not None))


def _masks(preset: Preset) -> list[Mask]:
    masks = [preset.canvas.mask, *(target.mask for target in preset.targets)]
    return [mask for mask in masks if mask is not None]


def named_pictures(preset: Preset) -> list[str]:
    """The texts by which a preset names guide, style and mask pictures, each once."""
    texts = [mask.picture for mask in _masks(preset)]
    texts += [text for target in preset.targets for text in (target.guide, target.style)]
    texts += [text for _, text in _keyframed_pictures(preset)]
    return list(dict.fromkeys(text for text in texts if text is not None))


def _keyframed_pictures(preset: Preset) -> Iterator[tuple[str, str]]:
    for path, source in preset.keyframes.items():
        if path.rpartition(".")[2] in _PICTURES and isinstance(source, dict):
            yield from ((path, value) for time, value in source.items() if is_time(time) and isinstance(value, str))


def named_files(preset: Preset) -> list[str]:
    """The texts by which a preset names any file: its pictures, its song, and weights and labels given by path."""
    network = preset.network
    texts = [text for text in (network.name, network.weights, network.labels) if text and _is_file("name", text)]
    song = preset.animation.song if preset.animation is not None else None
    return [*named_pictures(preset), *texts, *([song] if song else [])]
