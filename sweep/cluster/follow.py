"""Follows the output of a job until it ends, also over connections that break."""

from __future__ import annotations

import asyncio
import time
from typing import TextIO

from ray.job_submission import JobDetails
from rich.console import Console

from analysis.text.plain import visible_lines
from sweep.cluster.jobs import JobServer, UnknownJobError, UnreachableError, ended
from sweep.errors import SweepError
from sweep.host.console import duration

_SILENCE_S = 60.0  # a connection that is silent for this long may be dead
_RETRY_S = 3.0
_PATIENCE_S = 1800.0


class Follower:
    """Prints what a job writes, every character once, over as many connections as it takes."""

    def __init__(self, cluster: JobServer, job: JobDetails, out: TextIO, console: Console) -> None:
        self._cluster, self._job, self._out, self._console = cluster, job, out, console
        self._shown = 0
        self._lost_at: float | None = None

    def skip_what_is_there(self) -> None:
        """Begin with what the job writes from now on."""
        self._shown = len(self._cluster.log(self._job))

    def follow(self) -> JobDetails:
        """Print until the job has ended; returns its last state.

        Raises:
            SweepError: The cluster cannot be reached, or no longer knows the job.
        """
        while True:
            complete = self._read_one_connection()
            job = self._look()
            if job is not None and ended(job):
                if not complete:
                    self._show(self._cluster.log(job))
                return job
            time.sleep(0 if complete is None else _RETRY_S)

    def _read_one_connection(self) -> bool | None:
        """Whether the output was read to its end; None if it was merely silent for long."""
        try:
            asyncio.run(self._read())
        except TimeoutError:
            return None
        except UnreachableError:
            return False
        return True

    async def _read(self) -> None:
        async with asyncio.timeout(_SILENCE_S) as patience:
            async for log in self._cluster.tail(self._job):
                self._show(log)
                patience.reschedule(asyncio.get_running_loop().time() + _SILENCE_S)

    def _show(self, log: str) -> None:
        self._out.write(visible_lines(log[self._shown :]))
        self._out.flush()
        self._shown = max(self._shown, len(log))

    def _look(self) -> JobDetails | None:
        """The state of the job; None while the cluster does not answer."""
        try:
            job = self._cluster.find(str(self._job.submission_id))
        except UnknownJobError:
            raise SweepError(
                f"the cluster no longer knows {self._job.submission_id}: its head was started "
                "anew; every finished epoch is kept; go on with: "
                f"{self._cluster.resuming(self._job)}"
            ) from None
        except UnreachableError as error:
            self._wait_or_give_up(error)
            return None
        if self._lost_at is not None:
            self._console.print("connected again")
            self._lost_at = None
        return job

    def _wait_or_give_up(self, error: UnreachableError) -> None:
        now = time.monotonic()
        if self._lost_at is None:
            self._lost_at = now
            self._console.print(
                f"connection lost; the sweep goes on in the cluster; trying again for "
                f"{duration(_PATIENCE_S)} …"
            )
        elif now - self._lost_at > _PATIENCE_S:
            raise SweepError(
                f"{error}; follow it again with: {self._cluster.following(self._job)}"
            ) from None
