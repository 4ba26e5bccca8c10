"""What `analysis` offers is found there, and the example of every function works."""

from __future__ import annotations

import doctest
import inspect
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import analysis
from analysis.store.schema import MLFLOW, prepare
from analysis.text.addresses import sqlite_url

FUNCTIONS = sorted(
    (name for name in analysis.__all__ if inspect.isfunction(getattr(analysis, name))),
    key=lambda name: name != "import_runs",  # its store is read by the examples of others
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder with an empty store, which MLflow itself would take a minute to make."""
    folder = tmp_path_factory.mktemp("examples")
    prepare(sqlite_url(folder / "runs.db"), MLFLOW)
    return folder


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_example_of_a_function_works(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    names: dict[str, Any] = {name: getattr(analysis, name) for name in analysis.__all__}
    function = inspect.getdoc(names[name])
    example = doctest.DocTestParser().get_doctest(
        function or "", {**names, "pd": pd}, name, None, None
    )
    assert example.examples
    told: list[str] = []
    doctest.DocTestRunner(verbose=False).run(example, out=told.append)
    assert not "".join(told)


def test_the_first_page_names_all_that_is_offered() -> None:
    page = analysis.__doc__ or ""
    assert all(f"`{name}`" in page for name in FUNCTIONS)


def test_results_that_do_not_come_with_the_package_are_refused_by_name() -> None:
    with pytest.raises(analysis.AnalysisError, match=r"known: ablation/.*published-mnist"):
        analysis.committed("published-mnits")
