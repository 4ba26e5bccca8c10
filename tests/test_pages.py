"""Every page says what is so: its commands and links exist, its tables are the measured ones."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from analysis.data.committed import committed
from analysis.data.energy import ADDITION, MULTIPLICATION
from analysis.data.runs import load_runs
from analysis.records import ENERGY
from sweep.cli import app, run
from sweep.spec.sources import bundled
from tests.reference import PAGES as REFERENCES

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "analysis" / "results"
PAGES = sorted(
    path
    for pattern in ("*.md", "*/README.md", "*/*/README.md", "*/*/REFERENCE.md")
    for path in ROOT.glob(pattern)
    if not path.relative_to(ROOT).parts[0].startswith(".")
)
PROSE = [path for path in PAGES if path not in REFERENCES]
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def commands() -> list[str]:
    return [
        info.name or info.callback.__name__ for info in app.registered_commands if info.callback
    ]


@cache
def help_of(command: str) -> str:
    return CliRunner().invoke(app, [command, "--help"]).output


def shell_lines(page: Path) -> Iterator[str]:
    for block in re.findall(r"```sh\n(.*?)```", page.read_text(), flags=re.DOTALL):
        for line in block.replace("\\\n", "").splitlines():
            if words := line.split(" #")[0].strip():
                yield words


LINES = sorted({line for page in PROSE for line in shell_lines(page)})
OURS = [line for line in LINES if re.match(r"(make|spikesweep) ", line)]
MODULES = [line for line in LINES if " -m " in line or "python tests/" in line]
# What the operating system, git and the containers do is not ours to check.
OTHERS = r"(export|alias|mkdir|git|dc|docker/make-env|source|ssh|pre-commit|#|python -c) ?"


def test_packages_have_a_page_each() -> None:
    folders = (
        "snn",
        "sweep",
        "analysis",
        "analysis/results",
        "docker",
        "tests",
        "tests/benchmarks",
    )
    for folder in folders:
        assert ROOT / folder / "README.md" in PAGES


@pytest.mark.parametrize("line", OURS)
def test_every_shown_command_and_option_exists(line: str) -> None:
    words = line.split()
    if words[0] == "make":
        assert f"\n{words[1]}:" in (ROOT / "Makefile").read_text()
        return
    assert words[1] in commands()
    for option in (word for word in words if word.startswith("-") and word != "-"):
        assert re.search(rf"{option}\b", help_of(words[1])), option


@pytest.mark.parametrize("line", MODULES)
def test_every_shown_program_of_the_tests_exists(line: str) -> None:
    (name,) = re.findall(r"python (?:-m )?([\w./]+)", line)
    if "/" in name:
        assert (ROOT / name).is_file()
    else:
        assert importlib.util.find_spec(name), name


def test_no_other_command_is_shown() -> None:
    known = {*OURS, *MODULES}
    assert [line for line in LINES if line not in known and not re.match(OTHERS, line)] == []


@every_page
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, part in re.findall(r"\]\(([^)#:]*)(#[^)]*)?\)", page.read_text()):
        there = (page.parent / target).resolve() if target else page
        assert there.exists(), target
        if part:
            titles = re.findall(r"^#+ (.*)$", there.read_text(), flags=re.M)
            anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
            assert part[1:] in anchors, part


@every_page
def test_every_path_in_the_first_column_of_a_table_exists(page: Path) -> None:
    for row in tables(page.read_text()):
        for path in re.findall(r"`([\w./-]+(?:/|\.py|\.md|\.yaml))`", row[0]):
            assert (page.parent / path).exists(), path


def test_every_command_is_documented_and_no_other() -> None:
    table = (ROOT / "sweep" / "README.md").read_text().split("## Commands")[1].split("##")[0]
    documented = set()
    for row in table.splitlines():
        if row.startswith("| `"):
            documented |= {
                cell.split()[0] for cell in re.findall(r"`([^`]+)`", row.split(" | ")[0])
            }
    assert documented == set(commands())


def test_every_bundled_sweep_is_documented() -> None:
    page = (ROOT / "sweep" / "README.md").read_text()
    for name in bundled():
        assert f"`{name}`" in page


# --- The tables of the results ---


def tables(text: str) -> list[list[str]]:
    """The cells of all rows of all tables, without their heads."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().removesuffix("|"))[1:]]
        for line, below in zip(lines, [*lines, ""][1:], strict=True)
        if not line.startswith("| ---") and not below.startswith("| ---")
    ]


def section(title: str) -> list[list[str]]:
    text = (RESULTS / "README.md").read_text()
    (found,) = re.findall(rf"^#+ {title}\n(.*?)(?=^#|\Z)", text, flags=re.M | re.S)
    return tables(found)


def assert_shows(cell: str, *values: float) -> None:
    """Every number of a cell is the value, rounded to the digits that are shown."""
    shown = re.findall(r"[-+]?[\d,]*\.?\d+", cell.replace("−", "-"))
    assert len(shown) == len(values), cell
    for number, value in zip(shown, values, strict=True):
        digits = len(number.partition(".")[2])
        assert float(number.replace(",", "")) == pytest.approx(round(value, digits), abs=1e-9), cell


def percent(row: pd.Series[Any], *names: str) -> list[float]:
    return [100 * row[name] for name in names]


def test_the_quickstart_is_that_of_its_table() -> None:
    rows = section("The quickstart")
    found = pd.read_csv(RESULTS / "quickstart.csv")
    assert len(rows) == 7
    for cells, (_, run_) in zip(rows, found.head(7).iterrows(), strict=True):
        dynamics, recurrent, encoding, hidden, _, lr, n, validation, test = cells
        assert [dynamics, encoding] == [run_["dynamics"], run_["encoding"]]
        assert recurrent == str(run_["recurrent"]).lower()
        assert [int(hidden), int(n)] == [run_["hidden"], run_["n"]]
        assert lr == f"{run_['lr']:.4g}"
        assert_shows(validation, 100 * run_["val_accuracy_mean"])
        assert_shows(test, 100 * run_["test_accuracy_mean"])
    assert [row for row in tables((ROOT / "README.md").read_text()) if row in rows] == rows[:3]


CLAIMS = {
    "MNIST: 96.19 %": "best-mnist",
    "Fashion-MNIST: 81.94 %": "best-fashion",
    "an MLP reaches 95.3 %": "mlp-mnist",
    "an MLP reaches 91.4 %": "mlp-fashion",
    "ALIF is more accurate": "alif-over-lif",
    "recurrent connections": "recurrence-hurts",
    "a periodic input": "periodic-hurts",
    "the number of neurons": "size-does-not-matter",
    "fewer neurons": "fashion-fewer-neurons",
    "longer training": "fashion-longer",
    "a learned beta": "fashion-learned-beta",
}


def test_the_claims_are_those_of_their_table() -> None:
    rows = section("What became of the published conclusions")
    found = pd.read_csv(RESULTS / "claims.csv").set_index(["claim", "preset"])
    assert len(rows) == len(CLAIMS)
    for (statement, published, *ours), (begin, claim) in zip(rows, CLAIMS.items(), strict=True):
        assert statement.startswith(begin)
        presets = ("published", "default") if (claim, "default") in found.index else ("none",)
        if published:
            assert_shows(published, 100 * found.loc[(claim, presets[0]), "published"])
        for preset, shown, verdict in zip(presets, ours[::2], ours[1::2], strict=False):
            row = found.loc[(claim, preset)]
            assert verdict.startswith(row["verdict"])
            assert verdict.endswith(", higher") == (verdict == "holds, higher")
            assert (verdict == "holds, higher") == (row["note"] == "ours is higher")
            if row["verdict"] != "untested":
                assert_shows(shown, *percent(row, "estimate", "low", "high"))


def test_the_published_bars_outside_are_those_of_their_table() -> None:
    found = pd.read_csv(RESULTS / "published-rows.csv")
    bars = found[found["preset"] == "published"]
    outside = bars[bars["place"] == "outside"]
    apart = 100 * (outside["published"] - outside["mean"])
    below, above = -apart[apart < 0], apart[apart > 0]
    page = " ".join((RESULTS / "README.md").read_text().split())
    assert (len(bars), len(outside), len(below), len(above)) == (48, 13, 11, 2)
    assert f"{len(outside)} lie outside, where {0.05 * len(bars):.1f} would by chance" in page
    assert f"Eleven of these are below our mean, by {below.min():.1f} to {below.max():.1f}" in page
    for place in above.index:
        shown = f"{100 * bars.loc[place, 'published']:.2f} for {100 * bars.loc[place, 'mean']:.2f}"
        assert shown in page
    named = outside[outside["published"] == 0.8814].iloc[0]
    assert f"88.14 where ours repeats at {100 * named['mean']:.2f}" in page


def confirmed(**wanted: Any) -> pd.Series[Any]:
    """The best confirmed configuration of a kind, by validation, as the table is sorted.

    Of MLPs, those of grey levels, unless `black_and_white` is wanted.
    """
    found = pd.read_csv(RESULTS / "best" / "confirmed.csv")
    black_and_white = found["pixel_threshold"].notna()
    found = found[black_and_white == wanted.pop("black_and_white", False)]
    for name, value in wanted.items():
        found = found[found[name] == value]
    return found.iloc[0]


MNIST, FASHION = "mnist", "fashion_mnist"
BEST = [
    *((MNIST, hidden) for hidden in ("128", "200", "[100, 100]", "800")),
    *((FASHION, hidden) for hidden in ("100", "200", "[100, 100]", "[400, 400]")),
]


def test_the_best_networks_are_those_of_their_tables() -> None:
    differences = pd.read_csv(RESULTS / "best" / "spiking-mlp.csv").set_index("group")
    for cells, (dataset, hidden) in zip(section("Any spike code"), BEST, strict=True):
        name, spiking, accuracy, mlp, difference = cells
        for size in re.findall(r"\d+", hidden)[:1]:
            assert size in name
        title = "MNIST" if dataset == MNIST else "Fashion-MNIST"
        row = differences.loc[f"{title}, {hidden} neurons"]
        ours = confirmed(
            dataset=dataset, hidden=hidden, dynamics=row["baseline"], encoding="constant"
        )
        assert ours["dynamics"].upper() in spiking and f" {ours['n_steps']:.0f} steps" in spiking
        assert ("recurrent" in spiking) == bool(ours["recurrent"])
        other = confirmed(dataset=dataset, hidden=hidden, dynamics="mlp")
        for cell, one in ((accuracy, ours), (mlp, other)):
            assert_shows(cell, *percent(one, "test_accuracy_mean", "test_accuracy_ci95"))
        assert_shows(difference, *percent(row, "estimate", "low", "high"))
        assert difference.endswith(row["verdict"])


def test_the_spoken_digits_are_those_of_their_runs() -> None:
    found = pd.read_csv(RESULTS / "spoken-digits.csv")
    networks = ("adlif", "alif", "lif", "mlp")
    for cells, dynamics in zip(section("Spoken digits"), networks, strict=True):
        label, weights, heard, *speakers, unheard = cells
        runs = found[found["dynamics"] == dynamics]
        accuracy = 100 * runs.groupby("dataset")["test_accuracy"].mean()
        assert label.lower().startswith(dynamics)
        assert_shows(weights, runs["weights"].iloc[0])
        assert_shows(heard, accuracy.pop("spoken_digits"))
        for cell, value in zip(speakers, accuracy.sort_index(), strict=True):
            assert_shows(cell, value)
        assert_shows(unheard, accuracy.mean())


def test_so_are_those_of_one_spike_per_pixel() -> None:
    rows = section("At most one spike per pixel")
    for dataset, pair in ((MNIST, rows[:2]), (FASHION, rows[2:])):
        for name, accuracy, *_ in pair:
            (steps,) = re.findall(r"(\d+) steps", name)
            one = confirmed(dataset=dataset, encoding="latency", hidden="128", n_steps=int(steps))
            assert one["dynamics"].upper() in name and one["recurrent"]
            assert_shows(accuracy, *percent(one, "test_accuracy_mean", "test_accuracy_ci95"))


def test_and_those_of_few_operations() -> None:
    rows = section("Accuracy against operations")
    assert len(rows) == 15
    spiking, grey, black_and_white = rows[:5], rows[5:10], rows[10:]
    binary = load_runs([committed("best/efficient-binary-mnist-confirm")]).groupby("hidden")
    for units, operations, nj, accuracy in black_and_white:
        hidden = units.removesuffix(" units")
        one = confirmed(dataset=MNIST, dynamics="mlp", hidden=hidden, black_and_white=True)
        assert_shows(operations, *(one[f"synops_per_inference_{of}"] for of in ("mean", "ci95")))
        assert_shows(nj, binary.get_group(int(hidden))[ENERGY].mean())
        assert_shows(accuracy, *percent(one, "test_accuracy_mean", "test_accuracy_ci95"))
    for units, operations, nj, accuracy in grey:
        one = confirmed(dataset=MNIST, dynamics="mlp", hidden=units.removesuffix(" units"))
        assert_shows(operations, *(one[f"synops_per_inference_{of}"] for of in ("mean", "ci95")))
        assert_shows(nj, one["synops_per_inference_mean"] * (MULTIPLICATION + ADDITION) / 1e3)
        assert_shows(accuracy, *percent(one, "test_accuracy_mean", "test_accuracy_ci95"))
    for name, operations, nj, accuracy in spiking:
        dynamics, hidden, steps = re.findall(r"(\w+), (\d+) neurons, (\d+) steps", name)[0]
        one = confirmed(
            dataset=MNIST,
            dynamics=dynamics.lower(),
            hidden=hidden,
            n_steps=int(steps),
            encoding="latency",
        )
        assert_shows(nj, one["synops_per_inference_mean"] * ADDITION / 1e3)
        assert_shows(operations, *(one[f"synops_per_inference_{of}"] for of in ("mean", "ci95")))
        assert_shows(accuracy, *percent(one, "test_accuracy_mean", "test_accuracy_ci95"))


@pytest.mark.parametrize(
    ("command", "file"),
    [
        ("claims {all}", "claims.csv"),
        ("claims {all} --rows", "published-rows.csv"),
        ("effects {published} --within preset", "effects.csv"),
    ],
)
def test_the_tables_of_the_study_are_what_the_commands_make_of_the_runs(
    command: str, file: str, tmp_path: Path
) -> None:
    page = " ".join((RESULTS / "README.md").read_text().split())
    globs = {"all": "*.parquet", "published": "published-*.parquet"}
    shown = command.format(**{name: f"analysis/results/{glob}" for name, glob in globs.items()})
    assert f"spikesweep {shown}" in page
    files = {name: " ".join(map(str, sorted(RESULTS.glob(g)))) for name, g in globs.items()}
    written = tmp_path / file
    assert run([*command.format(**files).split(), "-o", str(written)]) == 0
    assert written.read_text() == (RESULTS / file).read_text()


# --- The tables of the benchmarks ---


def test_the_speeds_on_a_gpu_are_those_of_the_recorded_run() -> None:
    page = (ROOT / "tests" / "benchmarks" / "README.md").read_text()
    there = (ROOT / "tests" / "gpu" / "README.md").read_text().split("### Images/s")[1]
    recorded = list(zip(*tables(there)[:5], strict=True))[1:]  # a column of it is a row here
    ours, _, spyx, spikingjelly, snntorch, factor, _ = map(list, recorded)
    shown = {row[0]: row[1:] for row in tables(page.split("## On a GPU")[1].split("##")[0])}
    names = ("Spyx", "SpikingJelly", "snnTorch", "× the best other")
    assert [cell.strip("*") for cell in shown["**spikesweep**"]] == ours
    assert [shown[name] for name in names] == [spyx, spikingjelly, snntorch, factor]


def test_the_factors_on_a_cpu_are_those_of_the_speeds() -> None:
    page = (ROOT / "tests" / "benchmarks" / "README.md").read_text()
    rows = tables(page.split("## Beside other libraries")[1].split("## On a GPU")[0])
    number = lambda cell: float(cell.strip("*").replace(",", ""))  # noqa: E731
    for kind in (rows[:7], rows[7:14]):
        ours, _, *others, factors = (list(map(number, row[1:])) for row in kind)
        best = [max(column) for column in zip(*others, strict=True)]
        assert factors == [round(a / b, 1) for a, b in zip(ours, best, strict=True)]
