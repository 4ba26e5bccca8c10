"""Trials whose workers fail. The workers import this file, and no other of the tests."""

from __future__ import annotations

import os
import signal
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


class DyingOnce(SnnTrainable):
    """Its process is killed when it is to train its second trial; leaves a file then."""

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        note = self.paths.folder / "died"
        if hasattr(self, "reports") and not note.exists():
            note.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().reset_config(new_config)
