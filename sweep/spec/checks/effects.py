"""Keys that no configuration of a sweep uses: to search one is a mistake, to fix one is not.

Nor is it one to ask for more trials than the space has, or for the worst of a metric.

A launch of an earlier version may search such keys, or have a scheduler of one seed with several,
and must still be resumed. So this is no part
of reading a specification: it is checked where a sweep is new.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from snn.config import ExecutionConfig, TrialConfig, deciders
from snn.errors import ConfigError
from sweep.errors import SpecError
from sweep.methods.schedulers import SCHEDULERS
from sweep.spec.checks.aims import against_the_usual
from sweep.spec.spaces.parameter import as_yaml
from sweep.spec.specification import Specification

_ALWAYS = frozenset(ExecutionConfig.model_fields) | {"network"}


def check_effects(sweep: Specification, where: str) -> list[str]:
    """Refuse searched keys that have no effect in any configuration, and a scheduler of one seed.

    Args:
        sweep: The plan.
        where: Its source, for the lines.

    Returns:
        What is allowed and may not be meant, a line each: fixed keys that have none, metrics whose
        mode looks for what is worse, and more trials than there are.

    Raises:
        SpecError: A searched key has none, or the scheduler does not judge by all seeds; a line
            each.
    """
    part = "points" if sweep.points else "search"
    searched = list(dict.fromkeys(chain(sweep.search, *sweep.points)))
    wrong = [
        f"{part}.{key}: has no effect: it decides how the numbers are computed; fix it in base"
        for key in searched
        if key in ExecutionConfig.model_fields
    ]
    fixed = [key for key in sweep.base if key not in _ALWAYS]
    reasons = _reasons(sweep, {*searched, *fixed} - _ALWAYS)
    wrong += [f"{part}.{key}: {reasons[key]}" for key in searched if key in reasons]
    wrong += _scheduler(sweep)
    if wrong:
        raise SpecError(*(f"{where}: {line}" for line in wrong))
    unused = [f"base.{key}: {reasons[key]}" for key in fixed if key in reasons]
    odd = (*unused, *against_the_usual(sweep), *_more_than_there_are(sweep))
    return [f"{where}: {line}" for line in odd]


def _more_than_there_are(sweep: Specification) -> Iterator[str]:
    planned = sweep.configurations_planned()
    if sweep.trials is not None and planned < sweep.trials:
        yield f"trials: {sweep.trials} are asked for, and the space has {planned}; each runs once"


def _scheduler(sweep: Specification) -> Iterator[str]:
    """A scheduler that judges seeds one by one would end configurations by one of their seeds."""
    reason = sweep.scheduler.declared.for_one_seed
    if reason and len(sweep.seeds) > 1:
        seeds = f"here are {len(sweep.seeds)}"
        others = [s.name for s in SCHEDULERS.values() if s.stops and not s.for_one_seed]
        yield f"scheduler: {reason}; {seeds}; with several seeds: {', '.join(others)}"


def without_effect(config: TrialConfig, keys: Iterable[str]) -> list[str]:
    """Of these keys of one configuration, those that have no effect, a line each."""
    wanted = (key for key in keys if key not in _ALWAYS and not config.uses(key))
    return [f"{key}: {_words([config], key)}" for key in wanted]


def _reasons(sweep: Specification, keys: set[str]) -> dict[str, str]:
    """Why keys have no effect in any configuration that has them."""
    without: dict[str, list[TrialConfig]] = {key: [] for key in keys}
    for config, active in _cases(sweep):
        for key in [key for key in without if key in sweep.base or key in active]:
            if config.uses(key):
                del without[key]
            else:
                without[key].append(config)
        if not without:
            break
    return {key: _words(configs, key) for key, configs in without.items() if configs}


def _cases(sweep: Specification) -> Iterator[tuple[TrialConfig, set[str]]]:
    for case, active in sweep.space.cases(deciders(sweep.components)):
        try:
            yield sweep.config(case, seed=0), active
        except ConfigError:  # told when it is tried
            continue


def _words(configs: list[TrialConfig], key: str) -> str:
    reason = configs[0].why_unused(key)
    found = dict.fromkeys(getattr(config, reason.decider) for config in configs)
    others = [as_yaml(value) for value in found if as_yaml(value) not in reason.users]
    if reason.decider == "learn_beta":
        return "has no effect: it needs learn_beta: true, and that is false"
    verb = "uses" if len(reason.users) == 1 else "use"
    only = f"only {_listed(reason.users, 'and')} {verb}" if reason.users else "nothing uses"
    named = (
        "; such a file names it in USES" if reason.decider == "network" and _own(configs) else ""
    )
    return f"has no effect: {only} it, and {reason.decider} is {_listed(others, 'or')}{named}"


def _own(configs: list[TrialConfig]) -> bool:
    return any(config.has_own_network for config in configs)


def _listed(names: Iterable[str], word: str) -> str:
    *first, last = names
    return f"{', '.join(first)} {word} {last}" if first else last
