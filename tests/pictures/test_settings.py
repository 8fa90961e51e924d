from __future__ import annotations

import pytest
from pydantic import ValidationError

from dreamer.pictures import FileSettings
from dreamer.pictures.names import WRITABLE, output_format

OTHER = FileSettings(
    metadata="all", keep_dates=True, profile="srgb", depth=16, quality=80, subsampling="4:2:0", progressive=True
)


def test_only_what_changes_the_bytes_of_a_format_is_part_of_a_job_s_identity() -> None:
    assert OTHER.identity("PNG") == {"metadata": "all", "profile": "srgb", "depth": 16}
    assert set(OTHER.identity("JPEG")) == {"metadata", "profile", "quality", "subsampling", "progressive"}
    assert all(FileSettings().identity(output_format(f"a{suffix}")) == {} for suffix in WRITABLE)


@pytest.mark.parametrize("key, value", [("quality", 0), ("quality", 101), ("depth", 12), ("metadata", "some")])
def test_wrong_values_are_refused(key: str, value: object) -> None:
    with pytest.raises(ValidationError, match=key):
        FileSettings.model_validate({key: value})
