"""DeepDream over photos, in batches, and a look inside the networks.

    from dreamer import dream

    dream("photo.jpg", "deep-dream", size=1024).save("dream.png")

The public names are listed in `__init__.pyi` and loaded when they are first used, so that importing `dreamer` does not
import torch.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__all__ += ["__version__"]
