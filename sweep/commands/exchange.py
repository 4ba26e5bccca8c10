"""Commands that move runs between stores and machines: export-runs, import-runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sweep.commands.parts import completion
from sweep.commands.parts.common import say, say_result, stderr
from sweep.errors import SweepError

if TYPE_CHECKING:
    from analysis.run_files.format import RunFile
    from analysis.run_files.importing import Imported

_GOES_ON = "the same command goes on where it was"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("export-runs")(export_runs)
    app.command("import-runs")(import_runs)


def export_runs(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME",
            help="names of sweeps: spikesweep list",
            autocompletion=completion.sweeps,
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="a file that ends in .parquet")
    ],
    predictions: Annotated[
        bool,
        typer.Option(
            help="with what the networks answered to every test image: about 33 kB for a run with "
            "10,000 of them"
        ),
    ] = True,
) -> None:
    """Write all runs of sweeps to one file, to keep or to import elsewhere.

    The file has params, tags, state and times, every metric of every epoch, the hits by group and
    the answers to every test image, which `compare` and `table --images` need. It has no networks
    and no confusion matrices. Trials that still run are left out. The same runs give the same file,
    byte by byte. `table`, `effects`, `claims`, `figure`, `report` and others take the file instead
    of the sweep's name.

    All runs in one file, to share: spikesweep export-runs quickstart -o quickstart.parquet
    """
    from analysis.run_files import exporting
    from sweep.host.bars import counting

    with counting(stderr(), "exporting") as progress:
        done = exporting.export_runs(names, output, predictions=predictions, progress=progress)
    if done.running:
        left = ", ".join(f"{count} of {name}" for name, count in done.running.items())
        say(f"not exported, as they still run: {left}")
    of = f"{done.configurations} configuration{'' if done.configurations == 1 else 's'}"
    size = f"{output.stat().st_size / 1000:,.0f} kB"
    say_result(f"{output}: {done.runs} runs, {size}: {of} with their seeds, and the launches")
    say_result(
        f"to read it: spikesweep table {output}; into a store: spikesweep import-runs {output}"
    )


def import_runs(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="written by spikesweep export-runs")
    ],
) -> int:
    """Write the runs of files into the MLflow store of this folder, or of MLFLOW_TRACKING_URI.

    Runs that are there already stay as they are, so an interrupted import can be repeated.
    `spikesweep run` reuses imported runs instead of training them again. Networks and confusion
    matrices are not in such files.

    Go on from the runs of somebody else: spikesweep import-runs quickstart.parquet
    """
    from sweep.host.environment import quiet_mlflow
    from sweep.tracking.store import open_store, store_uri

    quiet_mlflow()
    from analysis.errors import AnalysisError
    from analysis.run_files import importing
    from analysis.run_files.format import RunFile
    from analysis.store.tracking_store import explained
    from sweep.host.bars import counting

    opened = [(path, RunFile(path)) for path in files]  # all of them, before anything is written
    for path, file in opened:
        _check_configurations(path, file)
    with explained("open the store", store_uri()):
        client = open_store()
    for _, file in opened:
        importing.require_importable(file, client)
    try:
        for path, file in opened:
            with counting(stderr(), "importing") as progress:
                done = importing.import_runs(file, client, progress)
            say_result(f"{path}: {_outcome(done)}")
    except AnalysisError as error:
        raise SweepError(f"{error}; {_GOES_ON}") from None
    except KeyboardInterrupt:
        say(f"interrupted; {_GOES_ON}")
        return 130
    return 0


def _check_configurations(path: Path, file: RunFile) -> None:
    """Check that the params of every run in a file match its configuration id.

    Runs whose params cannot be read are not checked: another version wrote them, or they are of a
    user's file that is not in use here.

    Raises:
        SpecError: The params of a run do not match.
    """
    from analysis.records import Tag
    from snn.config import TrialConfig
    from snn.errors import ConfigError
    from snn.plugins.loading import registry_of
    from sweep.errors import SpecError
    from sweep.trial.params import param_values, plugins_of

    for run in file.runs():
        told = run.tags.get(Tag.CONFIG_ID)
        if told is None or not run.is_trial:
            continue
        try:
            components = registry_of(plugins_of(run.tags))
            config_id = TrialConfig.parse(param_values(run.params), components).config_id
        except ConfigError:
            continue
        if config_id != told:
            raise SpecError(
                f"{path}: run {run.run_id} is tagged as configuration {told}, and its params are "
                f"those of {config_id}; nothing was imported"
            )


def _outcome(done: Imported) -> str:
    if not done.made + done.continued:
        return f"nothing to import: all {done.found} runs are there"
    made = {"trial": done.made - done.launches, "launch": done.launches}
    told = " and ".join(_count(number, what) for what, number in made.items() if number)
    parts = {"continued": done.continued, "there already": done.found}
    runs = [f"{number} {what}" for what, number in parts.items() if number]
    return ", ".join([f"{told} imported", *runs] if told else [f"runs: {runs[0]}", *runs[1:]])


def _count(number: int, what: str) -> str:
    """`1 launch`, `147 trials`."""
    plural = "es" if what.endswith("ch") else "s"
    return f"{number} {what}" + ("" if number == 1 else plural)
