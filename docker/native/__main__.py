"""Start all services on this machine, run a sweep on them, stop them: `make cluster`."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from pathlib import Path

from native.service import ServiceError
from native.services import Services
from native.watch import Watch

FOLDER = Path(".cluster")
_LOOK_EVERY_S = 1.0


def main(arguments: list[str]) -> int:
    """Run `spikesweep submit` with these arguments; without any, serve until Ctrl-C.

    Returns:
        The exit code of the sweep; 130 when interrupted.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    say(f"starting Postgres, MLflow, a Ray head and two workers in {FOLDER}/")
    try:
        with Services(FOLDER) as services:
            say(f"MLflow {services.mlflow_url}, Ray's jobs {services.jobs_url}")
            if not arguments:
                serve(services)
            code = submit(services, arguments)
            say("stopping; `make cluster SWEEP=` serves what was found, and says how to look at it")
        return code
    except KeyboardInterrupt:
        say("interrupted; everything is stopped")
        return 130
    except (ServiceError, FileNotFoundError) as error:
        say(str(error))
        return 1


def submit(services: Services, arguments: list[str]) -> int:
    """Submit a sweep to the services and follow it to its end; Ctrl-C stops it."""
    command = ["spikesweep", "submit", *arguments, "--cluster", services.jobs_url]
    # In a session of its own it does not see Ctrl-C, and shows how the sweep ends.
    follower = subprocess.Popen(command, env=services.client_environment, start_new_session=True)
    watch = Watch(services, say)
    try:
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return follower.wait(timeout=_LOOK_EVERY_S)
            watch.look()
    except KeyboardInterrupt:
        say("stopping the sweep; it closes its runs")
        services.stop_jobs()
        raise
    finally:
        try:
            follower.wait(timeout=15)
        except subprocess.TimeoutExpired:
            follower.kill()


def serve(services: Services) -> None:
    """Say how to use the services until Ctrl-C."""
    ours = ("RAY_AUTH", "MLFLOW_", "SPIKESWEEP_")
    say("for another terminal; Ctrl-C stops everything:")
    for name, value in services.client_environment.items():
        if name.startswith(ours):
            print(f"export {name}={value}", flush=True)
    print(f"spikesweep submit quickstart --cluster {services.jobs_url}", flush=True)
    watch = Watch(services, say)
    while True:
        time.sleep(_LOOK_EVERY_S)
        watch.look()


def say(text: str) -> None:
    """Progress goes to standard error."""
    print(f"cluster: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
