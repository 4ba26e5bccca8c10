"""Commands that show what there is: list, show, best, table."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sweep.commands.common import SweepName, print_table, stdout

if TYPE_CHECKING:
    import pandas as pd


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("list")(list_sweeps)
    for command in (show, best, table):
        app.command()(command)


def list_sweeps() -> None:
    """List all sweeps in the MLflow store, with what became of their trials."""
    from analysis import runs

    sweeps = runs.list_sweeps()
    sweeps["started"] = sweeps["started"].dt.strftime("%Y-%m-%d %H:%M UTC")
    sweeps["best_val_accuracy"] = sweeps["best_val_accuracy"].map(
        "{:.4f}".format, na_action="ignore"
    )
    print_table(sweeps.rename(columns=lambda name: name.replace("_", " ")))


def show(
    name: SweepName,
    top: Annotated[int, typer.Option(help="number of configurations", min=1)] = 20,
) -> None:
    """Show a sweep: its trials by state, what failed and why, and its leaders."""
    from analysis import runs

    found = runs.load_runs([name])
    states = ", ".join(f"{n} {state}" for state, n in found["state"].value_counts().items())
    out = stdout()
    out.print(f"{name}: {len(found)} trials: {states}")
    failed = found[found["state"] == "failed"]
    for run in failed.itertuples():
        out.print(f"failed: {run.config_id}: {run.error}")
    if (found["state"] == "done").any():
        leaders(name, top)


def best(
    name: SweepName,
    register_: Annotated[
        str,
        typer.Option(
            "--register", metavar="MODEL", help="put the network into MLflow's model registry"
        ),
    ] = "",
) -> None:
    """Show the best configuration of a sweep by validation, and where its network is.

    The test accuracy is shown, never selected on. Of several seeds, the mean counts, and the
    network is that of the seed with the best validation. A registered network can be served: it
    takes images (pixels 0 to 255) and answers with class probabilities.

    Example: spikesweep best quickstart --register digits
    """
    from analysis.runs import param_columns
    from analysis.tables import summarise
    from analysis.typeset import as_text

    found, run = _runs(name), best_run(name)
    leader = summarise(found).iloc[0]
    seeds = f"mean of {leader['n']} seeds" if leader["n"] > 1 else "one seed"
    for key in ("val_accuracy", "test_accuracy"):
        print(f"{key:<18} {leader[f'{key}_mean']:.4f} ({seeds})")
    for param, value in run[param_columns(found)].dropna().items():
        print(f"{param!s:<18} {as_text(value)}")
    print(f"{'MLflow run':<18} {run['run_id']}")
    checkpoint = best_checkpoint(name)
    print(f"{'network':<18} {checkpoint}")
    if register_:
        from sweep.registry import register as into_registry

        number = into_registry(register_, str(run["run_id"]), checkpoint)
        print(f"{'registered':<18} models:/{register_}/{number}")


def table(
    name: SweepName,
    format_: Annotated[
        str, typer.Option("--format", help="csv, md, latex or parquet [default: by OUTPUT, or md]")
    ] = "",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="file [default: standard output]")
    ] = None,
    figure: Annotated[
        Path | None,
        typer.Option(help="also draw the accuracies as bars: a .png, .svg or .pdf file"),
    ] = None,
) -> None:
    """Write the results of a sweep: one row per configuration, mean and deviation over seeds.

    Example: spikesweep table quickstart --format latex -o quickstart.tex --figure quickstart.pdf
    """
    from analysis import figures, tables

    found = _runs(name)
    suffixes = {".csv": "csv", ".md": "md", ".tex": "latex", ".parquet": "parquet"}
    chosen = format_ or suffixes.get(output.suffix if output else "", "md")
    target = sys.stdout.buffer if chosen == "parquet" else sys.stdout
    tables.write_table(tables.summarise(found), output or target, chosen)
    if figure is not None:
        figures.save_figure(figures.accuracy_bars(found), figure)


def leaders(name: str, top: int) -> None:
    """Print the best configurations of a sweep by validation accuracy."""
    from analysis import tables, typeset

    summary = tables.summarise(_runs(name))
    print_table(typeset.printed(summary).head(top), title=f"leaders of {name}, by validation")


def best_checkpoint(name: str) -> Path:
    """The network of the best run of a sweep: its file here, or else its artifact in MLflow."""
    from analysis.runs import checkpoint_of

    path: Path = checkpoint_of(str(best_run(name)["run_id"]))
    return path


def best_run(name: str) -> pd.Series[Any]:
    """The run with the best validation accuracy within the best configuration."""
    from analysis import tables

    found = _runs(name)
    group = tables.summarise(found).index[0]
    of_group = found[(found["group_id"] == group) & (found["state"] == "done")]
    leader: pd.Series[Any] = of_group.loc[of_group["best_val_accuracy"].idxmax()]
    return leader


def _runs(name: str) -> pd.DataFrame:
    from analysis import runs

    return runs.load_runs([name])
