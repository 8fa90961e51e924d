from .names import is_picture_name, output_format
from .read import Picture, read_picture
from .recipes import read_recipe
from .settings import FileSettings
from .write import write_picture

__all__ = [
    "FileSettings",
    "Picture",
    "is_picture_name",
    "output_format",
    "read_picture",
    "read_recipe",
    "write_picture",
]
