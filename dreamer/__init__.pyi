from .api import animate, batch, dream
from .errors import DreamerError
from .jobs.films import Film
from .jobs.run import Tally
from .jobs.stills import Still
from .networks import Network, load_network
from .pictures import FileSettings, Picture, read_picture, write_picture
from .presets import Preset, load_preset

__version__: str
ENGINE: int

__all__ = [
    "ENGINE",
    "DreamerError",
    "FileSettings",
    "Film",
    "Network",
    "Picture",
    "Preset",
    "Still",
    "Tally",
    "__version__",
    "animate",
    "batch",
    "dream",
    "load_network",
    "load_preset",
    "read_picture",
    "write_picture",
]
