"""Whatever stands in a store, no command sends its control characters to a terminal or a file."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from mlflow.entities import Metric, Param, RunTag
from mlflow.tracking import MlflowClient

from analysis.records import KIND_SWEEP, KIND_TRIAL, State, Tag
from tests.sweep_tests.workplace import Workplace

ESCAPE = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202e[red]x[/red]"
SWEEP = f"s{ESCAPE}"
START = 1_750_000_000_000
SHOWN = r"\x1b[2J\x1b]0;owned\x07\x9b31m\u202e[red]x[/red]"


@pytest.fixture(scope="module")
def hostile(shared_place: Workplace) -> Workplace:
    """A store in which every name and text that it takes has control characters."""
    client = MlflowClient(shared_place.store)
    experiment = client.create_experiment(SWEEP)
    kind = {Tag.KIND: KIND_SWEEP, Tag.SWEEP: SWEEP}
    parent = client.create_run(experiment, START, kind, run_name=f"p{ESCAPE}").info.run_id
    client.set_terminated(parent, "FINISHED", START + 1)
    for number in range(5):
        failed = number == 4
        tags = {
            Tag.KIND: KIND_TRIAL,
            Tag.PARENT: parent,
            Tag.CONFIG_ID: f"c{number}{ESCAPE}",
            Tag.GROUP_ID: f"g{number // 2}{ESCAPE}",
            Tag.STATE: State.FAILED if failed else State.DONE,
            Tag.ERROR: f"line\n{ESCAPE}",
            Tag.CHECKPOINT: f"/nowhere/{ESCAPE}\0",
        }
        run = client.create_run(experiment, START, {Tag.KIND: KIND_TRIAL}, f"r{ESCAPE}").info.run_id
        level = f"$\\frac$|{'a' if number < 2 else 'b'}{ESCAPE}"
        client.log_batch(
            run,
            metrics=[
                Metric(name, 0.5 + number / 100, START, step)
                for name in ("test_accuracy", "best_val_accuracy", "val_accuracy")
                for step in (1, 2)
            ],
            params=[Param("dynamics", level), Param("lr", "0.1"), Param("seed", str(number % 2))],
            tags=[RunTag(key, value) for key, value in tags.items()],
        )
        client.set_terminated(run, "FAILED" if failed else "FINISHED", START + 9000)
    return shared_place


def plain(text: str) -> bool:
    return not any(
        unicodedata.category(sign) == "Cc" or sign == "\u202e" for sign in text.replace("\n", "")
    )


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("list",), 0),
        (("show", SWEEP), 0),
        (("best", SWEEP), 0),
        (("best", SWEEP, "--register", "m"), 2),
        (("table", SWEEP, "--format", "md"), 0),
        (("table", SWEEP, "--format", "csv"), 0),
        (("table", SWEEP, "--format", "latex"), 0),
        (("table", SWEEP, "--param", f"x{ESCAPE}"), 2),
        (("effects", SWEEP, "--factor", "dynamics"), 0),
        (("effects", SWEEP, "--within", "dynamics"), 2),
        (("claims", SWEEP), 0),
        (("confirm", SWEEP), 2),
        (("predict", SWEEP, "i.png"), 2),
        (("export", SWEEP, "-o", "m.onnx"), 2),
        (("export-runs", SWEEP, "-o", "r.parquet"), 2),
        (("figure", "strip", SWEEP, "-o", "f.svg", "--by", "dynamics"), 0),
        (("figure", "bars", SWEEP, "-o", "f.png"), 0),
        (("figure", "curves", SWEEP, "-o", "f.png"), 0),
        (("figure", "confusion", SWEEP, "-o", "f.png"), 2),
        (("report", SWEEP, "--no-log"), 0),
        (("show", f"nobody{ESCAPE}"), 2),
    ],
)
def test_a_hostile_store_is_shown_escaped(
    hostile: Workplace, command: tuple[str, ...], code: int
) -> None:
    done = hostile.run(*command)
    assert plain(done.stdout) and plain(done.stderr)
    assert "Traceback" not in done.stderr
    assert done.returncode == code, done.stderr
    if code:
        assert len(done.stderr.splitlines()) == 1
    if command[0] in ("list", "show", "best"):
        assert SHOWN in done.stdout + done.stderr
    pages = [path for path in (hostile.folder / "report").rglob("*") if path.suffix in _TEXTS]
    assert all(plain(path.read_text()) for path in pages)


_TEXTS = (".html", ".csv", ".md", ".tex", ".svg")


def test_a_name_is_no_markup_of_the_format_that_it_is_written_in(
    hostile: Workplace, tmp_path: Path
) -> None:
    markdown = hostile.run("table", SWEEP, "--format", "md").stdout
    assert r"$\frac$\|a" in markdown
    latex = hostile.run("table", SWEEP, "--format", "latex").stdout
    assert r"\$\textbackslash{}frac\$" in latex and r"\frac" not in latex
