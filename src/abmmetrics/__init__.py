"""Account-based-marketing KPIs: defined, typed, and with how sure one can be.

``import abmmetrics`` alone loads nothing else; the first name that is used loads the
library, whose models together take as long to define as numpy takes to import.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from abmmetrics import plot as plot
    from abmmetrics import synthetic as synthetic
    from abmmetrics._public import *  # noqa: F403 - the public names, which _public lists

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name or module
    """Load the library when a name of it is first used."""
    if name != "__all__" and name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return importlib.import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as cause:
        if cause.name != f"{__name__}.{name}":
            raise
    public = importlib.import_module(f"{__name__}._public")
    globals().update({known: getattr(public, known) for known in public.__all__}, __all__=public.__all__)
    if name not in globals():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return globals()[name]


def __dir__() -> list[str]:
    """List the public names."""
    return [*__getattr__("__all__"), "__version__"]
