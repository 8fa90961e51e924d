"""Pretrained networks: found by name, verified, cut and made ready to dream.

Names are loaded when they are first used: completing a layer's name must not wait for torch.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
