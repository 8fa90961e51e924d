"""Looking inside networks: what kernels want, what a class rests on, what a layer still knows.

Tensors in, frozen dataclasses out. The names are loaded when they are first used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
