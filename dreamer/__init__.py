"""DeepDream over photos, in batches, and a look inside the networks.

    from dreamer import dream

    dream("photo.jpg", "deep-dream", size=1024).save("dream.png")

The public names are listed in `__init__.pyi` and loaded when they are first used, so that importing `dreamer` does not
import torch.
"""

import os

import lazy_loader

# Intel's library of matrix products sums in an order that depends on where in memory its operands happen to lie, and
# reads this when it is first used: without it, dreams of classes and on Fourier canvases differ from run to run.
os.environ.setdefault("MKL_CBWR", "AUTO")

__version__ = "0.1.0"
ENGINE = 1
"""Number of the mathematics: raised whenever the same preset gives other pixels, so that finished jobs are redone."""

__getattr__, _names, __all__ = lazy_loader.attach_stub(__name__, __file__)
__all__ += ["ENGINE", "__version__"]


def __dir__() -> list[str]:
    return sorted(__all__)
