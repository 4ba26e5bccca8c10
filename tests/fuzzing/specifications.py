"""Damaged specifications, given to `validate`."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from importlib import resources
from random import Random
from typing import Any

import yaml

from snn.config import TrialConfig
from sweep.spec.specification import Specification
from tests.fuzzing import hostile
from tests.fuzzing.case import Case
from tests.fuzzing.damage import any_of
from tests.fuzzing.material import Material

_FORMS: tuple[Any, ...] = (
    {"int": [1, 10]},
    {"int": [1, 10], "step": 0},
    {"float": [0, 1], "step": float("nan")},
    {"loguniform": [-1, 1]},
    {"loguniform": [1e-300, 1e300]},
    {"float": [0, float("inf")]},
    {"int": [1, 10**30]},
    {"choice": []},
    {"choice": [[[1]], {}, None]},
    {"choice": [1, 2], "when": {"dynamics": "alif"}},
    {"choice": [1, 2], "when": {"nope": [None, []]}},
    [1, 1.0, True],
    [float("nan"), float("nan")],
    [[64, 64], [64, 64]],
)


def make(random: Random, material: Material) -> Case:
    """A specification that is damaged in its text or in its values."""
    name = random.choice(sorted(_DAMAGES))
    text = _DAMAGES[name](random)
    return Case(name, ("validate", "s.yaml"), {"s.yaml": text})


def _bundled(random: Random) -> str:
    files = sorted(
        resources.files("sweep.spec").joinpath("bundled").iterdir(), key=lambda it: it.name
    )
    return random.choice(files).read_text()


def _of_bytes(random: Random) -> bytes:
    return any_of(random, _bundled(random).encode())[1]


def _of_signs(random: Random) -> bytes:
    """Signs that mean something to YAML, put in anywhere."""
    text = _bundled(random)
    for _ in range(random.randint(1, 4)):
        place = random.randint(0, len(text))
        text = text[:place] + random.choice("[]{}:,&*!|>'\"%@`#?-\t\n~<\0\ufeff") + text[place:]
    return text.encode()


def _of_values(random: Random) -> bytes:
    """Values in place of others, at any depth."""
    plan: Any = yaml.safe_load(_bundled(random))
    for _ in range(random.randint(1, 3)):
        _replace(random, plan)
    return _dumped(plan)


def _of_keys(random: Random) -> bytes:
    plan = {"name": "a", "base": {}, "search": {}}
    for _ in range(random.randint(1, 4)):
        key = random.choice((*Specification.model_fields, *hostile.TEXTS))
        plan[key] = hostile.value(random)
    return _dumped(plan)


def _of_configurations(random: Random) -> bytes:
    keys = random.sample(sorted(TrialConfig.model_fields), random.randint(1, 4))
    part = random.choice(("base", "search"))
    return _dumped({"name": "a", part: {key: hostile.value(random) for key in keys}})


def _of_spaces(random: Random) -> bytes:
    keys = random.sample(sorted(TrialConfig.model_fields), random.randint(1, 3))
    search = {key: deepcopy(random.choice(_FORMS)) for key in keys}
    sampler = random.choice(("tpe", "grid", "cmaes", "gp"))
    plan = {"name": "a", "search": search, "sampler": sampler, "each": keys[:1]}
    if random.random() < 0.5:
        del plan["each"]
    return _dumped(plan)


def _of_depth(random: Random) -> bytes:
    sign = random.choice(("[", "{a: ", "- ", "? ", "!!x ", "&a ", "- - : "))
    return f"name: a\nbase: {sign * random.choice((40, 1000, 30_000))}".encode()


def _of_aliases(random: Random) -> bytes:
    width = random.randint(2, 12)
    lines = ["a0: &a0 [x, x, x, x]"]
    for level in range(1, random.randint(2, 12)):
        repeated = ", ".join([f"*a{level - 1}"] * width)
        lines.append(f"a{level}: &a{level} [{repeated}]")
    return "\n".join(["name: a", *lines]).encode()


def _of_size(random: Random) -> bytes:
    count = random.choice((2000, 10_000))
    numbers = list(range(1, count))
    plans: tuple[Any, ...] = (
        {"seeds": numbers, "trials": 1},
        {"seeds": [*numbers, 1]},
        {"search": {"hidden": numbers}},
        {"points": [{"hidden": size} for size in numbers[:2000]], "sampler": "grid"},
        {f"key{number}": number for number in numbers},
        {"base": {f"key{number}": number for number in numbers}},
        {"description": "x" * 100 * count},
    )
    plan = {"name": "a", **random.choice(plans)}
    text: str = yaml.dump(plan, Dumper=yaml.CSafeDumper, sort_keys=False)  # the other takes seconds
    return text.encode()


def _of_encodings(random: Random) -> bytes:
    encoding = random.choice(("utf-16", "utf-32", "latin-1", "utf-8-sig", "utf-7"))
    text = _bundled(random) + "# ü\n"
    return text.encode(encoding, errors="replace")


def _of_documents(random: Random) -> bytes:
    parts = (
        b"",
        b"---\n",
        b"...\n",
        b"--- 1\n",
        b"\t",
        b"%YAML 9.9\n---\n",
        b"# x\n",
        b"name: a\n",
    )
    return b"".join(random.choice(parts) for _ in range(random.randint(0, 4)))


def _replace(random: Random, plan: Any) -> None:
    place, key = plan, None
    while isinstance(place, dict | list) and place:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        holder, key = place, random.choice(keys)
        place = holder[key]
        if random.random() < 0.4:
            break
    if key is not None:
        holder[key] = hostile.value(random)


def _dumped(plan: Any) -> bytes:
    text: str = yaml.safe_dump(plan, sort_keys=False)
    return text.encode()


_DAMAGES: dict[str, Callable[[Random], bytes]] = {
    "bytes": _of_bytes,
    "signs": _of_signs,
    "values": _of_values,
    "keys": _of_keys,
    "configurations": _of_configurations,
    "spaces": _of_spaces,
    "depth": _of_depth,
    "aliases": _of_aliases,
    "size": _of_size,
    "encodings": _of_encodings,
    "documents": _of_documents,
}
