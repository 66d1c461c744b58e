"""What every room shares.

Each name is loaded when it is first used, so that a process which only tells or waits starts at once.
The public names stand in `__init__.pyi`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
