"""The committed results: the tables are what the commands make of the committed runs."""

from __future__ import annotations

import ast
import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.data.runs import load_runs
from analysis.records import RUN_FILE, State, Tag
from analysis.report.tables import summarise, write_table
from analysis.run_files.format import RunFile
from analysis.stats.confirmation import leading_runs
from analysis.stats.effects import effects
from snn.config import TrialConfig
from sweep.spec.fresh_seeds import CONFIRMED, fresh_seeds
from sweep.spec.sources import load_sweep
from tests.results.ablation import ABLATION, FACTORIAL
from tests.results.fronts import KINDS, SEEDS, searches
from tests.results.noise import NOISE
from tests.results.text import PAGE, page_with
from tests.results.whole import blocks, files, found_in_runs

RESULTS = Path(__file__).parents[2] / "analysis" / "results"
BEST, SEQUENCES = RESULTS / "best", RESULTS / "sequences"
CONFIRMATIONS = sorted(BEST.glob(f"*{CONFIRMED}{RUN_FILE}"))
SEARCHES = [path.name.removesuffix(f"{CONFIRMED}{RUN_FILE}") for path in CONFIRMATIONS]


def runs(name: str) -> pd.DataFrame:
    return load_runs([str(BEST / f"{name}{RUN_FILE}")])


def assert_written(table: pd.DataFrame, name: str, folder: Path = BEST) -> None:
    text = io.StringIO()
    write_table(table, text, "csv")
    text.seek(0)
    pd.testing.assert_frame_equal(pd.read_csv(folder / name), pd.read_csv(text))


def test_the_table_of_the_best_networks_is_that_of_their_runs() -> None:
    params = [
        "dataset",
        "dynamics",
        "hidden",
        "encoding",
        "recurrent",
        "n_steps",
        "pixel_threshold",
    ]
    confirmed = load_runs([str(path) for path in CONFIRMATIONS])
    assert_written(summarise(confirmed, params, ["synops_per_inference"]), "confirmed.csv")


def test_so_is_that_of_spiking_networks_beside_mlps_of_the_same_size() -> None:
    beside = [path for path in CONFIRMATIONS if path.name.startswith(("best-", "large-"))]
    leaders = load_runs([str(path) for path in beside])
    table = effects(leaders, ["dynamics"], within=["dataset", "hidden"], tuned=True)
    assert_written(table, "spiking-mlp.csv")


@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_is_the_bundled_one_run_to_its_end(name: str) -> None:
    searched, sweep = runs(name), load_sweep(name)
    assert len(searched) == sweep.trials_planned()
    assert set(searched["state"]) <= {State.DONE, State.PRUNED}
    for key, value in sweep.base.items():
        assert set(searched[key].dropna()) == {_value(value)}  # missing where it has no effect


def _value(plain: Any) -> Any:
    return str(plain) if isinstance(plain, list) else plain


@pytest.mark.parametrize("name", SEARCHES)
def test_its_leaders_are_confirmed_with_five_seeds_that_it_has_not_seen(name: str) -> None:
    searched, confirmed, sweep = runs(name), runs(f"{name}{CONFIRMED}"), load_sweep(name)
    assert sweep.confirm is not None
    directions = {} if isinstance(sweep.metric, str) else sweep.directions
    leaders = leading_runs(searched, sweep.confirm.top, sweep.each, directions)
    keys = [key for key in sweep.search if key in searched]
    points = searched.set_index("run_id").loc[leaders, keys].to_dict("records")
    wanted = {
        TrialConfig.parse(sweep.base | _given(point) | sweep.confirm.base).group_id
        for point in points
    }
    seeds = confirmed[confirmed["state"] == State.DONE].groupby("group_id")["seed"].agg(sorted)
    assert set(seeds.index) == wanted
    assert all(found == fresh_seeds(sweep.seeds) for found in seeds)


def test_the_comparison_by_rows_is_the_bundled_sweep_with_every_configuration_done() -> None:
    found = load_runs([str(SEQUENCES / f"rows{RUN_FILE}")])
    wanted = {config.config_id for config in load_sweep("sequential").configs()}
    assert set(found["config_id"]) == wanted
    assert set(found["state"]) == {State.DONE}


def test_so_are_its_tables() -> None:
    found = load_runs([str(SEQUENCES / f"rows{RUN_FILE}")])
    params = ["dynamics", "recurrent", "learn_beta"]
    assert_written(summarise(found, params), "rows.csv", SEQUENCES)
    assert_written(effects(found, [], within=["recurrent"]), "effects.csv", SEQUENCES)


def test_the_best_of_it_by_validation_reaches_its_figure_with_five_fresh_seeds() -> None:
    found = load_runs([str(SEQUENCES / f"rows-five-seeds{RUN_FILE}")])
    assert sorted(found["seed"]) == [1, 2, 3, 4, 5]
    assert set(found["dynamics"]) == {"adlif"}
    assert set(found["hidden"]) == {256}
    assert round(100 * found["test_accuracy"].mean(), 2) == 98.78


def _given(point: dict[Any, Any]) -> dict[str, Any]:
    """What a run was given of the searched keys; several layers are a text in a table of runs."""
    return {
        key: ast.literal_eval(value) if key == "hidden" and isinstance(value, str) else value
        for key, value in point.items()
        if not pd.isna(value)
    }


def test_the_runs_on_spoken_digits_are_those_of_the_bundled_sweeps() -> None:
    runs = pd.read_csv(BEST.parent / "spoken-digits.csv")
    for name in ("spoken-digits", "unheard-speakers"):
        sweep = load_sweep(name)
        wanted = [
            sweep.config(point, seed).config_id
            for point in sweep.space.grid()
            for seed in sweep.seeds
        ]
        assert sorted(runs[runs["sweep"] == name]["config_id"]) == sorted(wanted)


def test_the_ablation_and_the_noise_are_told_as_their_runs_have_them() -> None:
    found = found_in_runs()
    for path, text in files(found).items():
        written, again = (pd.read_csv(of) for of in (path, io.StringIO(text)))
        pd.testing.assert_frame_equal(written, again)
    page = PAGE.read_text(encoding="utf-8")
    tables = blocks(found)
    assert all(f"<!-- {name} -->" in page for name in tables)
    assert page_with(tables) == page


@pytest.mark.parametrize(
    "path",
    [ABLATION, FACTORIAL, *NOISE.values()],
    ids=lambda p: p.stem,
)
def test_their_runs_are_those_of_the_bundled_sweeps(path: Path) -> None:
    wanted = {config.config_id for config in load_sweep(path.stem).configs()}
    found = load_runs([str(path)])
    assert set(found["config_id"]) == wanted
    assert set(found["state"]) == {State.DONE}


@pytest.mark.parametrize("kind", KINDS)
def test_the_searches_at_equal_cost_are_the_bundled_one_with_less_budget_and_other_seeds(
    kind: str,
) -> None:
    found, sweep = searches()[kind], load_sweep(KINDS[kind])
    # A network that no pixel reaches within its steps is refused when it is made, as in any search.
    assert set(found["state"]) <= {State.DONE, State.FAILED}
    assert found["error"].dropna().str.contains("not even a white pixel fires").all()
    for key, value in (sweep.base | {"epochs": 8}).items():
        assert set(found[key]) == {value}
    by_search = found.groupby("sweep")
    assert set(by_search.size()) == {40}
    assert {name: set(seeds) for name, seeds in by_search["seed"]} == {
        f"{KINDS[kind]}-s{seed}": {seed} for seed in SEEDS
    }
    assert found["group_id"].nunique() > 100  # no search is the copy of another


def test_no_file_tells_where_the_machine_that_made_it_had_its_networks() -> None:
    files = sorted(RESULTS.rglob(f"*{RUN_FILE}"))
    assert len(files) == 39
    assert all(file.stat().st_size < 200_000 for file in files)  # none has answers to images
    telling = {
        file.name for file in files for run in RunFile(file).runs() if Tag.CHECKPOINT in run.tags
    }
    assert telling == set()
