"""What the file of a pocket network says about itself, typed and bounded: anyone may have written it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from dreamer.bounded import parse_json
from dreamer.networks.pocket import Architecture

_ENTRY = "dreamer"
# Far above what any network is trained with, and so small that no product with a pixel overflows.
_Mean = Annotated[float, Field(ge=-1e3, le=1e3)]
_Deviation = Annotated[float, Field(ge=1e-6, le=1e3)]


class PocketFacts(BaseModel):
    """The metadata of a pocket network; how it was trained is there for people, and is not read."""

    model_config = ConfigDict(allow_inf_nan=False)

    architecture: Literal["pocket"]
    classes: tuple[Annotated[str, Field(max_length=1000)], ...] = Field(min_length=1, max_length=100_000)
    mean: tuple[_Mean, _Mean, _Mean]
    std: tuple[_Deviation, _Deviation, _Deviation]
    width: float = Field(gt=0, le=8)
    antialiased: bool | Literal["early"] = False
    activation: Literal["relu", "leaky", "smooth"] = "relu"

    def of_network(self) -> Architecture:
        """The architecture of the network that is described."""
        return Architecture(self.width, self.antialiased, self.activation)


def parse_metadata(metadata: Mapping[str, str]) -> PocketFacts:
    """The facts among the metadata of a safetensors file. Raises ValueError where they are not a pocket network's."""
    return PocketFacts.model_validate(parse_json(metadata.get(_ENTRY, "")))
