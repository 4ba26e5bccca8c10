"""A copy of the environment variables, taken while other threads change them."""

from __future__ import annotations

import os


def variables() -> dict[str, str]:
    """The environment variables that there are now.

    `os.environ.items()`, `dict(os.environ)` and `os.environ | {...}` raise KeyError when another
    thread removes a variable meanwhile, as MLflow's delivery does.
    """
    found = ((name, os.environ.get(name)) for name in list(os.environ))
    return {name: value for name, value in found if value is not None}
