"""Commands on a Ray cluster: submit, jobs, logs, stop."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from sweep.commands.parts.common import (
    BudgetOption,
    JoinOption,
    NewNameOption,
    PluginOption,
    SetOption,
    SpecArgument,
    UnsetOption,
    check_new,
    say_result,
    stderr,
)
from sweep.commands.parts.given import Given
from sweep.commands.parts.tables import print_table
from sweep.host import streams

if TYPE_CHECKING:
    from ray.job_submission import JobDetails

    from sweep.cluster.jobs import JobServer

ClusterOption = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="URL",
        help="of the cluster's dashboard [default: RAY_API_SERVER_ADDRESS, or RAY_ADDRESS]",
    ),
]
JobArgument = Annotated[str, typer.Argument(metavar="ID", help="of a job: spikesweep jobs")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (submit, jobs, logs, stop):
        app.command()(command)


def submit(
    spec: SpecArgument,
    cluster: ClusterOption = None,
    set_: SetOption = [],  # noqa: B006 (typer wants the literal)
    unset: UnsetOption = [],  # noqa: B006
    trials: Annotated[int | None, typer.Option(help="number of configurations")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="go on with the latest launch of this sweep")
    ] = False,
    follow: Annotated[
        bool, typer.Option("--follow/--no-follow", help="show the output until it ends")
    ] = True,
    budget: BudgetOption = "",
    join: JoinOption = False,
    new_name: NewNameOption = "",
    plugin: PluginOption = [],  # noqa: B006
) -> int:
    """Run a sweep in a Ray cluster.

    The specification is checked here and sent with the job. Stores and data are those of the
    cluster's head. The output is shown until the sweep ends, and its exit code is returned. Ctrl-C
    ends the output only: the sweep goes on.

    A sweep on a cluster whose dashboard is at this address:
    spikesweep submit quickstart --cluster http://head:8265
    """
    from snn.declarations.data_paths import is_path
    from sweep.errors import SpecError
    from sweep.host.notices import is_variable

    given = Given(spec, set_, unset, plugin, trials, None, budget, new_name)
    sweep = given.sweep()
    if not resume:
        check_new(sweep, spec)  # the name is checked where the job runs
    from sweep.cluster.jobs import JobServer

    for path in filter(is_path, dict.fromkeys(sweep.values("dataset"))):
        stderr().print(f"{path}: is read by the cluster's head, where it must be", soft_wrap=True)
    if any(not is_variable(address) for address in sweep.notify):
        stderr().print(
            "notify: only names of variables, such as $NTFY, are sent to the cluster; its head "
            "sets them",
            soft_wrap=True,
        )
    there = JobServer(cluster)
    running = there.running(sweep.name)
    if running:
        raise SpecError(
            f"{sweep.name} is running there: {there.following(running)}; "
            "for another sweep at the same time, give it another name"
        )
    job_id = there.submit(sweep, resume=resume, join=join, again=given.resuming("submit"))
    stderr().print(f"submitted {job_id} to {there.url}")
    if follow:
        return _follow(there, there.find(job_id))
    say_result(job_id)
    return 0


def jobs(cluster: ClusterOption = None) -> None:
    """List the jobs of a Ray cluster: how far they are, and what they wait for."""
    import pandas as pd

    from sweep.cluster.jobs import JobServer

    there = JobServer(cluster)
    rows = [_row(job, _progress(there, job)) for job in there.jobs()]
    print_table(pd.DataFrame(rows, columns=_COLUMNS))


def _progress(there: JobServer, job: JobDetails) -> str:
    """How far the sweep of a job is; of one that has not begun, Ray's own words."""
    from sweep.run.display.progress import progress_in

    if job.status == "PENDING":
        return (job.message or "").partition(".")[0]
    return progress_in(there.log(job))


def logs(
    job_id: JobArgument,
    cluster: ClusterOption = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="go on until the job ends; its exit code")
    ] = False,
) -> int:
    """Show what a job has written.

    Follow a job while it runs:
    spikesweep logs -f quickstart-20260314-150926 --cluster http://head:8265
    """
    from sweep.cluster.jobs import JobServer, ended

    there = JobServer(cluster)
    job = there.find(job_id)
    if follow:
        return _follow(there, job)
    from analysis.text.plain import visible_lines

    print(visible_lines(there.log(job)), end="")
    if ended(job):
        _conclude(there, job)
    return 0


def stop(job_id: JobArgument, cluster: ClusterOption = None) -> int:
    """Stop a job, and wait until it has ended: checkpoints are kept, its runs closed.

    End a sweep on a cluster, for now or for good:
    spikesweep stop quickstart-20260314-150926 --cluster http://head:8265
    """
    from sweep.cluster.follow import Follower
    from sweep.cluster.jobs import STOP_WAIT_S, JobServer, ended

    there, err = JobServer(cluster), stderr()
    job = there.find(job_id)
    if ended(job):
        err.print(f"{job_id} has ended before: {job.status.lower()}")
        return 0
    follower = Follower(there, job, streams.endless(), err)
    follower.skip_what_is_there()
    asked = time.monotonic()
    there.stop(job_id)
    err.print(f"{job_id} is asked to stop; it closes its runs, within {STOP_WAIT_S} s …")
    job = follower.follow()
    if time.monotonic() - asked > STOP_WAIT_S:
        err.print(f"it did not end by itself within {STOP_WAIT_S} s, and was killed")
    _conclude(there, job)
    return 0


def _follow(there: JobServer, job: JobDetails) -> int:
    from sweep.cluster.follow import Follower
    from sweep.cluster.jobs import exit_code

    try:
        job = Follower(there, job, streams.endless(), stderr()).follow()
    except KeyboardInterrupt:
        stderr().print(
            f"detached; the sweep goes on in the cluster; follow it with: {there.following(job)} | "
            f"stop it with: spikesweep stop {job.submission_id} --cluster {there.url}"
        )
        return 130
    _conclude(there, job)
    return exit_code(job)


def _conclude(there: JobServer, job: JobDetails) -> None:
    """Say how a job ended, and what to do if its own output does not say so."""
    from sweep.cluster.jobs import exit_code

    err, code = stderr(), job.driver_exit_code
    if job.status == "STOPPED" or code == 130:
        err.print(f"{job.submission_id} was stopped; go on with: {there.resuming(job)}")
    elif code == 127:
        err.print(
            f"{job.submission_id} failed: the cluster's head does not find the command spikesweep; "
            "start Ray there with the environment that has it"
        )
    elif code is None or code < 0:
        err.print(
            f"{job.submission_id} broke off: {_message(job)}; every finished epoch is kept; "
            f"go on with: {there.resuming(job)}"
        )
    else:
        err.print(f"{job.submission_id} {job.status.lower()} with exit code {exit_code(job)}")


_COLUMNS = ["id", "sweep", "user", "state", "started", "duration", "progress", "message"]


def _row(job: JobDetails, progress: str) -> list[str]:
    from datetime import datetime

    from sweep.host.console import duration

    about = job.metadata or {}
    begin = (job.start_time or 0) / 1000
    end = job.end_time / 1000 if job.end_time else time.time()
    started = f"{datetime.fromtimestamp(begin):%Y-%m-%d %H:%M}"
    known = [about.get("sweep", ""), about.get("user", ""), job.status.lower(), started]
    return [str(job.submission_id), *known, duration(end - begin), progress, _message(job)]


def _message(job: JobDetails) -> str:
    """Ray's message in one line; if the sweep itself failed, the last line that it wrote."""
    lines = (job.message or "").strip().splitlines() or [""]
    code = job.driver_exit_code
    if job.status != "FAILED":
        return ""
    if code is not None and code < 0:
        return f"its process was killed by signal {-code}"
    return lines[0 if code is None else -1][:70]
