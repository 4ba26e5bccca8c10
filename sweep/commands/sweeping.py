"""Commands that run and check sweeps: run, validate, check, schema, specs, sync."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
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
    say,
    say_result,
    stderr,
    stdout,
    use_plugin_files,
)
from sweep.commands.parts.given import Given

if TYPE_CHECKING:
    from sweep.run.driver import Result
    from sweep.spec.specification import Specification


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (run, validate, check, schema, specs, sync):
        app.command()(command)


def run(
    spec: SpecArgument,
    set_: SetOption = [],  # noqa: B006 (typer wants the literal)
    unset: UnsetOption = [],  # noqa: B006
    trials: Annotated[int | None, typer.Option(help="number of configurations")] = None,
    budget: BudgetOption = "",
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="print the plan, its power and its estimated time; run nothing"
        ),
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="go on with the latest launch of this sweep")
    ] = False,
    join: JoinOption = False,
    new_name: NewNameOption = "",
    address: Annotated[
        str | None, typer.Option(help="of a Ray cluster [default: RAY_ADDRESS, or this machine]")
    ] = None,
    plugin: PluginOption = [],  # noqa: B006
) -> int:
    """Run a sweep.

    Searches with Optuna, scheduled by Ray Tune, logged to MLflow. Configurations that were run
    before are not run again. Ctrl-C stops cleanly; `--resume` goes on from there, as it does after
    a crash, and with a larger `--budget` after the budget is used up. With `confirm` in the
    specification, the leaders are trained again with fresh seeds afterwards.

    A first look in a minute or two: spikesweep run quickstart --set epochs=3 --trials 6
    """
    given = Given(spec, set_, unset, plugin, trials, address, budget, new_name)
    sweep = given.sweep()
    if not resume:
        check_new(sweep, spec, join=join)
    if not dry_run:  # said before the imports, which take a second
        say(f"{sweep.name}: {sweep.size}")
    from sweep.results.earlier import runs_of
    from sweep.results.figures import drawn
    from sweep.run import runner

    if dry_run:
        from sweep.results.power import power_lines
        from sweep.run import launch
        from sweep.run.preview import plan

        if resume:
            launch.latest(sweep)  # refuses what the run itself would refuse
        plan.show(sweep, stdout(), stderr(), runs_of, power_lines)
        return 0
    result = runner.run(
        sweep, stderr(), resume=resume, address=address, runs_of=runs_of, draw=drawn
    )
    code = _conclude(sweep, result, given)
    if sweep.confirm is None:
        return code
    from sweep.commands.confirming import confirm_leaders
    from sweep.results.confirmed import wants_confirmation

    if not wants_confirmation(sweep, result):
        return code
    return max(code, confirm_leaders(sweep.name, sweep.confirm, sweep.each, address))


def validate(
    spec: SpecArgument,
    set_: SetOption = [],  # noqa: B006
    unset: UnsetOption = [],  # noqa: B006
    plugin: PluginOption = [],  # noqa: B006
    join: JoinOption = False,
    new_name: NewNameOption = "",
) -> None:
    """Check a sweep's specification, and whether its name belongs to another one.

    Is this file right, before anything runs? spikesweep validate my-sweep.yaml
    """
    from sweep.run.preview.machine import no_room

    sweep = Given(spec, set_, unset, plugin, new_name=new_name).sweep()
    check_new(sweep, spec, join=join)
    say_result(f"{spec}: valid; {sweep.size}")
    if sweep.confirmation:
        say_result(f"then {sweep.confirmation}")
    lacks = no_room(sweep.resources)
    if lacks:
        say(f"note: no room for a trial on this machine: {lacks}")


def check(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="a Python file with components or networks")
    ],
) -> int:
    """Check the components of a Python file of your own: what each must do, a line each.

    Does a neuron of mine work with all of the service? spikesweep check my_neurons.py
    """
    from snn import registry
    from snn.contracts import findings
    from snn.declarations.files import read_file

    use_plugin_files([str(file)])
    digest, failed = read_file(file).digest, 0
    for component in registry.current().plugins:
        if component.digest != digest:
            continue
        for statement, reason in findings(component):
            failed += bool(reason)
            verdict = "FAILS" if reason else "ok   "
            say_result(f"{verdict}  {component.title}: {statement}{reason and f': {reason}'}")
    return 1 if failed else 0


def schema() -> None:
    """Print the JSON schema of a specification, with all keys explained."""
    from sweep.spec.json_schema import json_schema

    print(json.dumps(json_schema(), indent=2))


def specs() -> None:
    """List the bundled sweeps."""
    from sweep.spec.sources import bundled

    found = bundled()
    width = max(map(len, found))
    for name, description in found.items():
        say_result(f"{name:<{width}}  {description}")


def sync() -> int:
    """Deliver to MLflow what it has not received, and close runs whose sweep is gone."""
    from sweep.run.sync import sync_all

    return 0 if sync_all(stderr()) else 1


def _conclude(sweep: Specification, result: Result, given: Given) -> int:
    """Show the leaders and say what to do next; the exit code.

    Args:
        sweep: The plan.
        result: Of its run.
        given: What the command was given.
    """
    from sweep.commands.parts import leaders

    err, again = stderr(), given.resuming("run")
    for name, reason in result.failures.items():
        err.print(f"failed: {name}: {reason}")
    if result.undelivered:
        err.print(result.undelivered)
    if result.halted:
        err.print(f"stopped early: {result.halted}; mend that and go on with: {again}")
        return 1
    if result.ended:
        err.print(f"the search has ended: {result.ended}{_to_go_on(result.ended_by, given)}")
    if result.interrupted:
        err.print(f"interrupted; every finished epoch is kept; go on with: {again}")
        return 130
    if result.missed:
        err.print(result.missed)
    if result.unmet:
        err.print(result.unmet)
    elif result.undelivered and result.leaders:
        leaders.print_known(sweep.name, result.leaders, 10, sweep.directions)
        err.print(
            "by validation; test accuracies and networks are found when MLflow has "
            f"everything: spikesweep sync, then spikesweep table {sweep.name} --format md"
        )
    elif not result.undelivered and result.progress.done:
        leaders.print_leaders([sweep.name], top=10)
        err.print(
            f"all runs: {_all_runs(sweep.name)} | table: spikesweep table {sweep.name} --format md "
            f"| best network: spikesweep best {sweep.name} [--leader N]",
            soft_wrap=True,
        )
    return 1 if result.failures or result.undelivered else 0


def _to_go_on(ended_by: str, given: Given) -> str:
    """How a search goes on that a rule has ended; empty if none has.

    Args:
        ended_by: The key of the specification that has the limit.
        given: What the command was given.
    """
    if ended_by == "budget":
        return f"; with more of it, go on with: {replace(given, budget='MORE').resuming('run')}"
    changed = f"; to go on, change {ended_by} in the specification and run: "
    return changed + given.resuming("run") if ended_by else ""


def _all_runs(name: str) -> str:
    """Where the runs of a sweep are looked at: their view on the server, or the command for it."""
    from analysis.store.mlflow_ui import view_on_server
    from analysis.text.addresses import bare
    from sweep.tracking.store import store_uri

    return view_on_server(store_uri(), bare(store_uri()), name) or "spikesweep ui"
