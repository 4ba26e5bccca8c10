"""Sweeps as jobs of a Ray cluster, over Ray's Job API: submitted, listed, read, stopped.

A job's command is `spikesweep run -` with the specification on its standard input. It stands in
the command itself, or in a file that Ray brings along if it is too long for that. So the sweep runs
with the head's own environment: its working directory, its stores, its installed packages.
"""

from __future__ import annotations

import contextlib
import getpass
import logging
import os
import socket
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from importlib.metadata import version
from typing import Any

import aiohttp
import requests
from ray.exceptions import AuthenticationError, RayError
from ray.job_submission import JobDetails, JobStatus, JobType

from sweep.cluster import ray_internals
from sweep.cluster.handover import handed_over
from sweep.cluster.ray_internals import job_client, version_of_server
from sweep.errors import SpecError, SweepError, first_line
from sweep.spec.specification import Specification

ADDRESSES = ("RAY_API_SERVER_ADDRESS", "RAY_ADDRESS")  # the variables that Ray itself reads
STOP_WAIT_S = 120  # Ray's own 3 s are less than it takes to close the runs
_REQUEST_S = 30.0
_CONNECT_S = 5.0

# our own messages say what matters
logging.getLogger("ray.dashboard.modules").setLevel(logging.ERROR)
for _name in ("dashboard_sdk", "job.sdk"):  # each sets a level of its own
    logging.getLogger(f"ray.dashboard.modules.{_name}").setLevel(logging.ERROR)
logging.getLogger(ray_internals.UPLOADS).setLevel(logging.ERROR)


class UnreachableError(SweepError):
    """The cluster does not answer, or not yet."""


class UnknownJobError(SpecError):
    """The cluster knows no such job."""


class _TakenError(Exception):
    """There is a job of this id."""


class JobServer:
    """The job server of a cluster.

    Attributes:
        url: Of its dashboard.

    Raises (by every method): SpecError, if it wants another token; UnreachableError.
    """

    def __init__(self, given: str | None) -> None:
        """Find it.

        Args:
            given: Its address; default: as in Ray's environment variables.

        Raises:
            SpecError: There is no address, or it cannot be one.
            UnreachableError: Nothing answers there.
        """
        address = given or configured()
        if not address:
            raise SpecError(
                "--cluster: needs the address of the cluster's dashboard, such as "
                f"http://HOST:8265; or set {ADDRESSES[0]}"
            )
        self.url = _resolvable(address.rstrip("/"))
        if given or self.url != address:  # Ray would prefer its variables to what it is given
            os.environ[ADDRESSES[0]] = self.url
        with self._plainly():
            self._client = job_client(self.url, _REQUEST_S)
            self.url = self._client.get_address()

    def submit(self, sweep: Specification, *, resume: bool, join: bool, again: str) -> str:
        """Start a sweep; returns the id of its job.

        Args:
            sweep: The plan.
            resume: Go on with its latest launch.
            join: Add the runs to the sweep of this name, though it had other configurations.
            again: The command that resumes it, shown when its job ends early.
        """
        metadata = {"sweep": sweep.name, "user": _user(), "again": again}
        metadata["spikesweep"] = version("spikesweep")
        given = {"--resume": resume, "--join": join}
        options = [option for option, wanted in given.items() if wanted]
        with handed_over(["spikesweep", "run", "-", *options], sweep.to_yaml()) as (command, needs):
            while True:
                try:
                    return self._submit(sweep.name, command, needs, metadata)
                except _TakenError:
                    time.sleep(1)  # another user took this id in the same second

    def _submit(
        self, sweep: str, command: str, needs: Mapping[str, Any], metadata: dict[str, str]
    ) -> str:
        waits = {"RAY_JOB_STOP_WAIT_TIME_S": str(STOP_WAIT_S)}
        with self._plainly():
            try:
                return self._client.submit_job(
                    entrypoint=command,
                    submission_id=f"{sweep}-{time.strftime('%Y%m%d-%H%M%S')}",
                    metadata=metadata,
                    runtime_env={**needs, "env_vars": waits},
                )
            except RuntimeError as error:
                if "already exists" in str(error):
                    raise _TakenError from None
                raise

    def jobs(self) -> list[JobDetails]:
        """All jobs that were submitted, oldest first."""
        with self._plainly():
            found = self._client.list_jobs()
        ours = (job for job in found if job.type == JobType.SUBMISSION)
        return sorted(ours, key=lambda job: job.start_time or 0)

    def running(self, sweep: str) -> JobDetails | None:
        """The job that runs a sweep of this name, if there is one."""
        of_sweep = (job for job in self.jobs() if (job.metadata or {}).get("sweep") == sweep)
        return next((job for job in of_sweep if not ended(job)), None)

    def find(self, job_id: str) -> JobDetails:
        """A job.

        Raises:
            UnknownJobError: There is none of this id; with those that there are.
        """
        jobs = self.jobs()
        for job in jobs:
            if job.submission_id == job_id:
                return job
        known = ", ".join(str(job.submission_id) for job in jobs[-5:]) or "none yet"
        raise UnknownJobError(f"{job_id}: no such job at {self.url}; jobs: {known}")

    def stop(self, job_id: str) -> None:
        """Ask a job to stop; it ends later."""
        with self._plainly():
            self._client.stop_job(job_id)

    def log(self, job: JobDetails) -> str:
        """What the sweep has written so far."""
        with self._plainly():
            return body(job, self._client.get_job_logs(str(job.submission_id)))

    async def tail(self, job: JobDetails) -> AsyncIterator[str]:
        """The output of the sweep from its start, until it ends."""
        with self._plainly():
            log = ""
            async for text in self._client.tail_job_logs(str(job.submission_id)):
                log += text
                yield body(job, log)

    def following(self, job: JobDetails) -> str:
        """The command that follows a job."""
        return f"spikesweep logs -f {job.submission_id} --cluster {self.url}"

    def resuming(self, job: JobDetails) -> str:
        """The command that resumes the sweep of a job."""
        command = (job.metadata or {}).get("again", "spikesweep submit SPEC --resume")
        return f"{command} --cluster {self.url}"

    def version(self) -> str:
        """Version of the cluster's Ray."""
        with self._plainly():
            return version_of_server(self._client)

    @contextlib.contextmanager
    def _plainly(self) -> Iterator[None]:
        """Turn errors of the connection to the cluster into one line."""
        try:
            yield
        except AuthenticationError as error:
            raise SpecError(self._about_token(str(error))) from None
        except aiohttp.WSServerHandshakeError as error:
            raise UnreachableError(f"the cluster at {self.url} answers {error.status}") from None
        except (OSError, aiohttp.ClientError) as error:
            raise UnreachableError(
                f"no Ray cluster answers at {self.url} ({_reason(error)}); is it up, and is this "
                "the address of its dashboard?"
            ) from None
        except (RayError, RuntimeError, ValueError, KeyError) as error:  # another server or version
            raise UnreachableError(f"the cluster at {self.url}: {_reason(error)}") from None

    def _about_token(self, answer: str) -> str:
        if "Missing" in answer:
            return (
                f"the cluster at {self.url} asks for its token: set RAY_AUTH_MODE=token and "
                "RAY_AUTH_TOKEN (or RAY_AUTH_TOKEN_PATH, a file)"
            )
        return f"the cluster at {self.url} has another token than RAY_AUTH_TOKEN here"


def configured() -> str:
    """The address in Ray's environment variables, or nothing."""
    return next((os.environ[name] for name in ADDRESSES if os.environ.get(name)), "")


def ended(job: JobDetails) -> bool:
    """Whether a job is over."""
    return bool(job.status.is_terminal())


def exit_code(job: JobDetails) -> int:
    """The exit code of the sweep: 0, 1, 2 or 130."""
    if job.status == JobStatus.STOPPED:
        return 130
    if job.status == JobStatus.SUCCEEDED:
        return 0
    return job.driver_exit_code if job.driver_exit_code in (2, 130) else 1


def body(job: JobDetails, log: str) -> str:
    """A log without Ray's own first lines, which repeat the specification.

    What the shell itself says at once, such as that it does not find a command, stands before them.
    """
    return log.partition(f"{job.entrypoint}\n")[2]


def _resolvable(address: str) -> str:
    """The address of the dashboard in the form that Ray needs, checked first.

    Ray takes HOST:PORT for its own port, not the dashboard's, and would wait there for a minute.
    """
    if address == "auto" or address.startswith(("http://", "https://")):
        return address
    if "://" not in address:
        host, colon, port = address.rpartition(":")
        if not colon or not port.isdigit():
            raise SpecError(f"--cluster: {address!r} is no address; it looks like http://HOST:8265")
        try:
            socket.create_connection((host, int(port)), timeout=_CONNECT_S).close()
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise UnreachableError(
                f"no Ray cluster answers at {address} ({reason}); is it up?"
            ) from None
        with contextlib.suppress(requests.RequestException):
            requests.get(f"http://{address}", timeout=_CONNECT_S)
            return f"http://{address}"
    if address == os.environ.get("RAY_ADDRESS"):  # where Ray's own ports stand, too
        return address
    raise SpecError(
        f"--cluster: {address} is not of a dashboard; its address looks like http://HOST:8265"
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        return str(os.getuid())


def _reason(error: Exception) -> str:
    """The innermost cause, in one line."""
    while isinstance(error.__cause__ or error.__context__, Exception):
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    lines = str(error).strip().splitlines()
    printable = not lines or lines[0].isprintable()
    return first_line(error) if printable else "what answers there is no dashboard"
