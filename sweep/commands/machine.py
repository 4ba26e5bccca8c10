"""Commands on this machine: ui, doctor."""

from __future__ import annotations

import os
import socket
from typing import Annotated

import typer

from sweep.commands.parts.common import say_result, stderr
from sweep.errors import SweepError


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (ui, doctor):
        app.command()(command)


def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="port on this machine")] = 5000,
) -> int:
    """Open the MLflow UI on the runs of this folder; Ctrl-C ends it.

    A sweep is a parent run with its trials as children: open it by the arrow, choose trials, and
    compare them by parameter; or take its view `Trials, best first`, whose address is told for the
    latest sweeps. With MLFLOW_TRACKING_URI set, the server there is named instead.
    """
    import subprocess
    import sys

    from analysis.store import relocation
    from analysis.store.mlflow_ui import SERVER, latest_views, ui_address
    from analysis.store.tracking_store import explained
    from analysis.text.addresses import bare, shown
    from analysis.text.variables import variables
    from sweep.tracking.store import make_tables, store_uri

    store = store_uri()
    if store.startswith("http"):
        say_result(ui_address(bare(store)))
        return 0
    _require_free(port)
    with explained("open the store", store):
        make_tables()  # if the server were stopped while it makes them, they would be broken
        relocation.settle(store)
        server = f"http://127.0.0.1:{port}"
        views = latest_views(store, server)
    console = stderr()
    console.print(f"MLflow UI of {shown(store)} at {server} (Ctrl-C ends it)")
    for name, address in views.items():
        console.print(f"{name}: {address}", soft_wrap=True, highlight=False, markup=False)
    command = [sys.executable, "-m", "mlflow", "server", "--app-name", SERVER]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    environment = variables() | {
        # not on the command line, which everybody on the machine can read
        "MLFLOW_BACKEND_STORE_URI": store,
        # Its background jobs evaluate language models; here they would be idle processes.
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    try:
        return subprocess.run(command, check=False, env=environment).returncode
    except KeyboardInterrupt:
        return 0


def _require_free(port: int) -> None:
    """Check that the port is free: MLflow's server ends without an error if it is not."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            raise SweepError(f"port {port}: {reason}; give another with --port") from None


def doctor() -> int:
    """Check that this machine is ready: packages, cores, data, stores, disk."""
    from sweep.run.checkup import CHECKS

    ready = True
    for title, check in CHECKS.items():
        fine, text = check()
        ready &= fine
        say_result(f"{'ok  ' if fine else 'MEND'}  {title:<8} {text}")
    return 0 if ready else 1
