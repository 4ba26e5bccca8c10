"""Trials whose workers cannot start. The workers import this file, and no other of the tests."""

from __future__ import annotations

import uuid
from typing import Any

from sweep.trial.trainable import SnnTrainable


class Lacking(SnnTrainable):
    """Its worker lacks a module."""

    def setup(self, config: dict[str, Any], **given: Any) -> None:
        raise ModuleNotFoundError("No module named 'snn_kernels'")


class Refusing(SnnTrainable):
    """Cannot start with any configuration; leaves a file at each attempt."""

    def setup(self, config: dict[str, Any], **given: Any) -> None:
        attempts = given["paths"].folder / "attempts"
        attempts.mkdir(exist_ok=True)
        (attempts / uuid.uuid4().hex).touch()
        raise ValueError("no such device")
