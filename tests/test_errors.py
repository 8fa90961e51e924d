from __future__ import annotations

import pickle

import pytest

from dreamer import errors
from dreamer.errors import DreamerError, PresetError, TargetError, did_you_mean, nearest

ALL = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, DreamerError)]


def test_a_message_says_what_where_and_what_to_do() -> None:
    error = TargetError("there is no layer 'x'", where="a.toml:3", remedy="Use y.")
    assert str(error) == "a.toml:3: there is no layer 'x'\n  Use y."
    assert str(DreamerError("plain")) == "plain"


def test_all_mistakes_are_counted_and_listed() -> None:
    assert str(PresetError(["one"])) == "one"
    assert str(PresetError(["one", "two"], where="a.toml")) == "a.toml: 2 mistakes\n  one\n  two"


@pytest.mark.parametrize("kind", ALL)
def test_errors_cross_process_boundaries(kind: type[DreamerError]) -> None:
    error = kind(["what"], where="w", remedy="r") if kind is PresetError else kind("what", where="w", remedy="r")  # type: ignore[arg-type]
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert str(copy) == str(error)


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    assert errors.__doc__ is not None
    assert all(kind.__name__ in errors.__doc__ for kind in ALL)


def test_near_names_are_found() -> None:
    names = ["inception4c", "inception4d", "conv1", "maxpool1"]
    assert nearest("inception4x", names)[0].startswith("inception4")
    assert nearest("zzzzzz", names) == []
    assert "conv1" in (did_you_mean("cnv1", names) or "")
    assert not did_you_mean("zzzzzz", names)
