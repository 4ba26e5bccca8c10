"""Damaged checkpoints, given to `predict` and `export`."""

from __future__ import annotations

from random import Random
from typing import Any

import torch

from snn.training.checkpoints import checkpoint
from tests.fuzzing import hostile
from tests.fuzzing.case import Case
from tests.fuzzing.damage import any_of
from tests.fuzzing.material import IMAGE, MODEL, Material


def make(random: Random, material: Material) -> Case:
    """A checkpoint that is damaged, or that holds what no network has."""
    content, may_pass = material.read(MODEL), False
    if random.random() < 0.6:
        damage, content = any_of(random, content)
    else:
        damage, content = _crafted(random, material)
        may_pass = True
    commands = (("predict", "model.pt", "i.png"), ("export", "model.pt", "-o", "m.nir"))
    files = {"model.pt": content, "i.png": material.read(IMAGE)}
    return Case(damage, random.choice(commands), files, may_pass=may_pass)


def _crafted(random: Random, material: Material) -> tuple[str, bytes]:
    """The same, sealed as the program would, with a part left out or replaced."""
    state: dict[str, Any] = checkpoint.load(material.path(MODEL))
    part = random.choice(("config", "weights", "", "config"))
    holder = state[part] if part else state
    key = random.choice(sorted(holder))
    changes = {
        "left out": lambda: holder.pop(key),
        "replaced": lambda: holder.__setitem__(key, hostile.value(random)),
        "a tensor": lambda: holder.__setitem__(key, torch.full((3, 2), float("nan"))),
        "added": lambda: holder.__setitem__(random.choice(hostile.TEXTS), hostile.value(random)),
    }
    name = random.choice(sorted(changes))
    changes[name]()
    path = material.path("crafted.pt")
    checkpoint.save(path, state)
    return f"{part}.{key}: {name}", path.read_bytes()
