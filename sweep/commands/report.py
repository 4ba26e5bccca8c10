"""The command that writes the report."""

from __future__ import annotations

import gc
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sweep.commands.parts.common import PluginOption, SweepNames, say, say_result, stderr
from sweep.commands.parts.reading import told_if_long

if TYPE_CHECKING:
    from analysis.report.material import Material

_LOCAL_PAGES = "http://127.0.0.1:5000"  # of `spikesweep ui`


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(report)


def report(
    names: SweepNames,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="folder for the page, tables and figures")
    ] = Path("report"),
    mlflow_url: Annotated[
        str,
        typer.Option(
            help="of MLflow's pages, for links [default: the tracking server, or spikesweep ui]"
        ),
    ] = "",
    log: Annotated[
        bool, typer.Option(help="also log the report to the latest launch in MLflow")
    ] = True,
    plugin: PluginOption = [],  # noqa: B006 (typer wants the literal)
) -> None:
    """Write a report: one HTML page that needs nothing else, and its tables and figures as files.

    What was run, leaders and what the best network does, effects with their intervals, the
    published claims, figures, and every run in a table that can be sorted and filtered.

    All of a sweep on one page: spikesweep report quickstart -o quickstart-report
    """
    from analysis.report.content import build_report
    from analysis.report.material import Material
    from analysis.report.page import write_report
    from sweep.commands.parts.opened_networks import activity_of_run
    from sweep.host.bars import naming

    with told_if_long("reading the runs …"):
        material = Material.read(names)
    # the data are needed until the end; searching them for cycles would take longer than the report
    gc.freeze()
    say(f"drawing the report on {len(material.runs)} runs …")
    with naming(stderr()) as tell:
        written = build_report(
            material,
            mlflow_url=_pages(mlflow_url),
            activity=partial(activity_of_run, material.runs, plugin),
            tell=tell,
        )
        page = write_report(written, output, tell)
        if log:
            tell("logging the report to MLflow")
            _log(material, output)
    say_result(str(page))


def _pages(given: str) -> str:
    """The address for links, without its password."""
    from analysis.text.addresses import bare, tracking_uri

    uri = given or tracking_uri()
    return bare(uri) if uri.startswith("http") else given or _LOCAL_PAGES


def _log(material: Material, folder: Path) -> None:
    """Log the report to the latest launch of every sweep that was read from the store."""
    from sweep.errors import first_line
    from sweep.tracking.store import open_store

    stored = material.launches[material.launches["sweep"].isin(material.names)]
    for run_id in stored.drop_duplicates("sweep", keep="last")["run_id"]:
        try:
            open_store().log_artifacts(run_id, str(folder), "report")
        except Exception as error:  # the report is written; stores raise errors of many kinds
            say(f"not logged to MLflow run {run_id}: {first_line(error)}")
