"""Checks of a specification that concern several keys at once.

Each check finds mistakes, a line each. It is left out where what it reads has mistakes already.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from analysis.records import LONGEST_NAME, RUN_FILE, SWEEP_NAME
from analysis.text.plain import brief
from snn.config import LAYERS, TrialConfig
from snn.errors import ConfigError
from sweep.errors import SpecError
from sweep.host import notices
from sweep.spec.checks import aims
from sweep.spec.checks.aims import samplers_that
from sweep.spec.checks.keys import change_mistakes, check_keys, key_mistake, value_mistakes
from sweep.spec.fresh_seeds import CONFIRMED, check_fresh

if TYPE_CHECKING:
    from sweep.spec.specification import Specification


def check(sweep: Specification, unread: Collection[str] = ()) -> list[str]:
    """Check what concerns several keys at once.

    Args:
        sweep: A specification whose keys are of the right types.
        unread: Its keys that could not be read, and have their defaults here.

    Returns:
        The mistakes, a line each: place, value and what is allowed.
    """
    found = check_keys(sweep)
    mistakes, wrong = found.mistakes, found.wrong | set(unread)
    if {"points", "search"}.isdisjoint(unread) and sweep.points and sweep.search:
        return [*mistakes, "points: stand beside a search; keep one of them"]
    for one, reads in _CHECKS:
        if wrong.isdisjoint(reads):
            mistakes += one(found.sound)
    if wrong.isdisjoint(("each", "search", "points")):
        mistakes += _each(found.sound, wrong, list(sweep.search))
    return mistakes


def _name(sweep: Specification) -> Iterator[str]:
    if sweep.name.endswith(RUN_FILE):
        yield f"name: {sweep.name!r} reads like a file of runs; do without {RUN_FILE}"
    longest = LONGEST_NAME - len(CONFIRMED)
    if sweep.confirm is not None and len(sweep.name) > longest:
        given = f"name: {len(sweep.name)} letters leave no room for {CONFIRMED}"
        yield f"{given}; allowed are {longest}"


def _points(sweep: Specification) -> Iterator[str]:
    if sweep.points and not sweep.sampler.declared.every_point:
        others = samplers_that(lambda sampler: sampler.every_point)
        yield f"sampler: {sweep.sampler.name} searches, and points are all run; use {others}"


def _confirm(sweep: Specification) -> Iterator[str]:
    if sweep.confirm is None:
        return
    searched = {*sweep.search, *(key for point in sweep.points for key in point)}
    changed = sweep.confirm.base
    refused = change_mistakes(changed, searched, "confirm.base.")
    yield from refused.values()
    known = {key: value for key, value in changed.items() if key not in refused}
    yield from value_mistakes("confirm.base.", known, sweep.base, sweep.components).values()


def _confirm_seeds(sweep: Specification) -> Iterator[str]:
    if sweep.confirm is not None and sweep.confirm.seeds:
        try:
            check_fresh(sweep.confirm.seeds, sweep.seeds, "confirm.seeds")
        except SpecError as error:
            yield from error.mistakes


def _seeds(sweep: Specification) -> Iterator[str]:
    if len(set(sweep.seeds)) < len(sweep.seeds):
        yield f"seeds: a seed stands twice in {brief(list(sweep.seeds))}"


def _scheduler(sweep: Specification) -> Iterator[str]:
    shortest = min(sweep.values("epochs"))
    for name in sweep.scheduler.declared.within_epochs:
        value = sweep.scheduler.given(name)
        if value is not None and value > shortest:
            yield (
                f"scheduler.{name}: {value} epochs are more than the {shortest} that a "
                f"trial has; allowed is 1 to {shortest}, or scheduler: none"
            )


def _each(sweep: Specification, wrong: Collection[str], given: Collection[str]) -> Iterator[str]:
    lines = [*_each_key(sweep, given)]
    yield from lines
    if len(set(sweep.each)) < len(sweep.each):
        yield f"each: a key stands twice in {brief(list(sweep.each))}"
    elif not lines and not wrong:
        planned = sweep.configurations_planned()
        if len(sweep.kinds) > planned:
            yield f"trials: {planned} are fewer than the {len(sweep.kinds)} kinds of each"


def _each_key(sweep: Specification, given: Collection[str]) -> Iterator[str]:
    searched = {parameter.name: parameter for parameter in sweep.space.parameters}
    for key in dict.fromkeys(sweep.each):
        unknown = key_mistake("each.", key)
        if unknown:
            yield unknown
        elif key not in given:
            yield f"each.{key}: is not searched; in search: {', '.join(given) or 'nothing'}"
        elif key in searched:
            if searched[key].count() is None:
                yield f"each.{key}: has infinitely many values; give search.{key} a list"
            for other in searched[key].when:
                if other in searched and other not in sweep.each:
                    yield f"each.{key}: is used only by some {other}; name {other}, too"


def _content(sweep: Specification) -> Iterator[str]:
    """Images with an encoding of events, or the other way round, where a name tells."""
    lines = list[str]()
    for case, _ in sweep.space.cases(("dataset", "encoding", "dynamics", "network")):
        try:
            config = sweep.config(case, seed=0)
        except ConfigError:  # told when it is tried
            continue
        content = config.component("dataset").content
        lines.append(config.misfit(content) if content else "")
    yield from filter(None, dict.fromkeys(lines))


def _steps(sweep: Specification) -> Iterator[str]:
    """Keys that are too high for a time step, where values of several searched keys meet."""
    components = sweep.components.components
    limited = {key.name for each in components for key in each.limited}
    steps = {"dt", *(each.replaces.get("dt", "dt") for each in components)}
    names = {"dynamics", "encoding", "network", *limited, *steps}
    endless = (p for p in sweep.space.parameters if p.name in names and p.count() is None)
    highest = {parameter.name: max(parameter.samples()) for parameter in endless}
    lines = dict[str, None]()
    for case, _ in sweep.space.cases(names):
        values = {**sweep.base, **case, **{name: highest[name] for name in highest if name in case}}
        found = TrialConfig.mistakes(values, sweep.components)
        lines |= {found[key]: None for key in limited if key in found}
    yield from lines


def _sampler(sweep: Specification) -> Iterator[str]:
    sampler = sweep.sampler.declared
    if sampler.every_point:
        try:
            sweep.space.grid()
        except SpecError as error:
            yield from error.mistakes
    choice = next((p.name for p in sweep.space.parameters if p.choices), None)
    if choice and not sampler.choices:
        others = samplers_that(lambda sampler: sampler.choices)
        yield f"sampler: {sampler.name} takes numbers only, and {choice} is a choice; use {others}"


def _start_from(sweep: Specification) -> Iterator[str]:
    sampler = sweep.sampler.declared
    for name in sweep.start_from:
        if not name.endswith(RUN_FILE) and not re.match(SWEEP_NAME, name):
            yield f"start_from: {brief(name)} is no name of a sweep, and no {RUN_FILE} file"
    if sweep.start_from and not sampler.takes_results:
        others = samplers_that(lambda sampler: sampler.takes_results)
        yield f"start_from: {sampler.name} does not learn from other sweeps; use {others}"


def _notify(sweep: Specification) -> Iterator[str]:
    if sweep.notify and not notices.installed():
        yield notices.NEEDED
        return
    for number, address in enumerate(sweep.notify):
        wrong = "" if notices.is_variable(address) else notices.mistake(address)
        if wrong:
            yield f"notify.{number}: {wrong}"


def _pack(sweep: Specification) -> Iterator[str]:
    needs = sweep.resources
    if needs.together == 1:
        return
    if needs.gpu not in (0, 1):
        yield (
            f"resources.pack: {needs.pack} trials share a whole GPU, and gpu is {needs.gpu:g}; "
            "set gpu: 1, or pack: off"
        )
    if set(sweep.values("network")) != {LAYERS}:
        yield (
            "resources.pack: a network of your own has a process of its own, because it may draw "
            "from torch's global generators; set pack: off"
        )


# Each with what it reads: keys of a specification, and keys of configurations.
_CHECKS: tuple[tuple[Callable[[Specification], Iterable[str]], tuple[str, ...]], ...] = (
    (_name, ("name",)),
    (_points, ("sampler", "points")),
    (aims.metric, ("metric",)),
    (aims.constraints, ("constraints",)),
    (_sampler, ("sampler", "search", "points")),
    (aims.several_metrics, ("sampler", "metric")),
    (_confirm, ("confirm", "base", "search", "points")),
    (_confirm_seeds, ("confirm", "seeds")),
    (
        aims.stop,
        ("stop", "metric", "each", "seeds", "sampler", "search", "points", "trials", "base"),
    ),
    (_notify, ("notify",)),
    (_start_from, ("start_from", "sampler")),
    (aims.budget, ("budget", "confirm", "base", "search", "points", "epochs", "seeds", "each")),
    (_pack, ("resources", "base", "search", "points", "plugins")),
    (_seeds, ("seeds",)),
    (_steps, ("base", "search", "points", "plugins")),
    (_content, ("base", "search", "points", "plugins")),
    (_scheduler, ("scheduler", "base", "search", "points", "epochs")),
)
