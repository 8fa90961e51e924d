"""Files to tensors and back: pictures in and out, the recipes inside them, and what names of files tell.

Names are loaded when they are first used: finding pictures and reading recipes must not wait for torch.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
