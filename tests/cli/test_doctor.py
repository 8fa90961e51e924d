from __future__ import annotations

import json

import pytest

from .conftest import Dreamer


def test_the_doctor_tells_what_there_is(dreamer: Dreamer) -> None:
    result = dreamer("doctor", "--device", "cpu", "--json")
    assert result.exit_code == 0, result.output
    found = {row["name"]: row for row in map(json.loads, result.stdout.splitlines())}
    assert {"dreamer", "torch", "device", "memory", "pocket", "weights", "ffmpeg"} <= set(found)
    assert "cpu (as asked)" in found["device"]["value"]
    assert "154 classes" in found["pocket"]["value"]
    assert "ffmpeg version" in found["ffmpeg"]["value"]
    lines = dreamer("doctor", "--device", "cpu").stdout.splitlines()
    assert any(line.split()[:3] == ["device", "ok", "cpu"] for line in lines)


@pytest.mark.parametrize("device", ["cuda:9", "tpu"])
def test_a_device_that_is_not_there_is_missing(device: str, dreamer: Dreamer) -> None:
    result = dreamer("doctor", "--device", device)
    assert result.exit_code == 4
    assert "MISSING" in result.stdout


def test_films_without_ffmpeg_are_the_only_thing_that_fails(dreamer: Dreamer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DREAMER_FFMPEG", "nowhere/ffmpeg")
    result = dreamer("doctor", "--device", "cpu")
    assert result.exit_code == 0
    assert "needed for films only" in result.stdout
