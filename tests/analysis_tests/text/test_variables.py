"""The environment is read while other threads change it."""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import analysis
import snn
import sweep
from analysis.text.redaction import redacted
from analysis.text.variables import variables

NAME = "_MLFLOW_SERVER_ARTIFACT_ROOT"


@pytest.fixture
def changing() -> Iterator[None]:
    """Another thread sets a variable and removes it, again and again."""
    done = threading.Event()

    def change() -> None:
        while not done.is_set():
            os.environ[NAME] = "x"
            os.environ.pop(NAME, None)

    thread, before = threading.Thread(target=change), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        sys.setswitchinterval(before)


@pytest.mark.parametrize("read", [variables, lambda: redacted("a text")])
def test_reading_survives_a_variable_that_goes(changing: None, read: Callable[[], object]) -> None:
    for _ in range(500):
        assert read()


def test_variables_are_those_that_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_NAME", "ü=1")
    assert variables() == dict(os.environ)


def test_nothing_of_ours_reads_the_environment_as_a_whole_in_another_way() -> None:
    whole = re.compile(r"os\.environ(\.(items|values|copy)\(| \||\))|\*\*os\.environ")
    settled = re.compile(r"(settle|settle_ray|give_token)\(os\.environ\)")
    found = [
        f"{path.name}: {line}"
        for package in (analysis, snn, sweep)
        for path in Path(package.__path__[0]).rglob("*.py")
        for line in path.read_text().splitlines()
        if whole.search(settled.sub("", line)) and path.name != "variables.py"
    ]
    assert found == []
