"""The token of a Ray that is started here: whoever has it can run programs as this user."""

from __future__ import annotations

import secrets
from collections.abc import MutableMapping

_GIVEN = ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")


def give_token(environment: MutableMapping[str, str]) -> None:
    """Put a new token into the environment, which only this process and its children can read.

    Ray itself would write one to `~/.ray/auth_token`, for everybody to read, and needs a home that
    can be written to. What the user has set about tokens is used instead.
    """
    if not any(environment.get(name) for name in _GIVEN):
        environment["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
