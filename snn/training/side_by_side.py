"""Trainings side by side in threads of one process, each with the numbers that it has alone.

On a GPU every thread has a stream of its own, so that the kernels of several small trainings run at
the same time. Kernels of different processes do not: they take turns.

The numbers are those alone because a training shares nothing that counts: its random numbers come
from generators of its own, every thread says itself how many threads torch may use in it, and a
step is recorded from one stream only. What is shared is the processor, and the memory of the card.
A user's network is not trained so, because it may draw from torch's global generators.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, final

import torch

from snn.config import TrialConfig
from snn.data.base import Data
from snn.errors import ConfigError
from snn.training.computation import recorder_of
from snn.training.stepping import Recorder
from snn.training.trainer import Trainer


@final
class SideBySide:
    """What the trainings of one process share.

    Args:
        device: Where they compute.
        threads: How many processors each of them uses.
    """

    def __init__(self, device: str, threads: int) -> None:
        self.device, self._threads = device, threads
        self._recording = threading.Lock()

    @contextmanager
    def lane(self) -> Iterator[None]:
        """Let this thread train beside others; everything of its trainings must be done within."""
        torch.set_num_threads(self._threads)  # for this thread; others keep theirs
        with self._stream():
            yield

    def trainer(self, config: TrialConfig, dataset: Data) -> Trainer:
        """A training, to be made and used by one thread, within its lane.

        Raises:
            ConfigError: The network is a user's.
        """
        if config.has_own_network:
            raise ConfigError("network: a network of your own is not trained beside others")
        recorder = recorder_of(config, self.device)
        if recorder is not None:
            recorder = _OneAtATime(recorder, self._recording)
        return Trainer(config, dataset, self.device, recorder)

    def free(self) -> None:
        """Give back the memory of the card that no training uses, as after one had too little."""
        if torch.device(self.device).type == "cuda":
            torch.cuda.empty_cache()

    def _stream(self) -> AbstractContextManager[Any]:
        if torch.device(self.device).type != "cuda":
            return nullcontext()
        stream = torch.cuda.Stream(self.device)  # type: ignore[no-untyped-call]
        return torch.cuda.stream(stream)


@final
class _OneAtATime:
    """A recorder that waits until no other thread records: CUDA's graphs share a stream for it."""

    def __init__(self, recorder: Recorder, recording: threading.Lock) -> None:
        self._recorder, self._recording = recorder, recording

    def __call__(self, work: Callable[[], None]) -> Callable[[], None]:
        with self._recording:
            return self._recorder(work)
