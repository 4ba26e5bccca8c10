"""All tables, as texts of CSV files and of the page."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pandas as pd

from tests.results.ablation import ABLATION, ablation, arms, crossed, of_changes, of_combinations
from tests.results.fronts import AT_EQUAL_COST, fronts, of_fronts
from tests.results.noise import NOISE, noise, of_noise
from tests.results.text import as_csv


class Found(NamedTuple):
    """All tables: of the two stages of the ablation, the variance study and several searches."""

    changes: dict[str, pd.DataFrame]
    crossed: dict[str, pd.DataFrame]
    arms: pd.DataFrame
    shares: dict[str, pd.DataFrame]
    fronts: pd.DataFrame


def found_in_runs() -> Found:
    """All tables, from the committed runs."""
    return Found(ablation(), crossed(), arms(), noise(), fronts())


def blocks(found: Found) -> dict[str, str]:
    """The tables of the page, by the name in their comments."""
    return {
        **of_changes(found.changes["networks"]),
        **of_combinations(found.crossed, found.arms),
        "variance": of_noise(found.shares),
        "fronts": of_fronts(found.fronts),
    }


def files(found: Found) -> dict[Path, str]:
    """The texts of all CSV files."""
    stages = found.changes | found.crossed
    of_stages = {ABLATION.with_name(f"{name}.csv"): table for name, table in stages.items()}
    of_noise = {NOISE[name].with_suffix(".csv"): table for name, table in found.shares.items()}
    tables = of_stages | of_noise | {AT_EQUAL_COST: found.fronts}
    return {path: as_csv(table) for path, table in tables.items()}
