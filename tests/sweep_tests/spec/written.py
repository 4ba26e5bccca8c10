"""A good specification, and others made of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

GOOD = """
name: good
base: {dataset: digits, epochs: 5}
search:
  dynamics: [lif, alif]
  lr: {loguniform: [1e-4, 1e-2]}
scheduler: {name: asha, grace: 2}
"""


def write(folder: Path, text: str) -> str:
    (folder / "s.yaml").write_text(text)
    return str(folder / "s.yaml")


def changed(**changes: Any) -> str:
    return yaml.safe_dump(yaml.safe_load(GOOD) | changes, sort_keys=False)
