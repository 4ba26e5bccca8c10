"""Tables as files: exact for programs, readable for people, whole or not at all."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.errors import AnalysisError
from analysis.report.tables import FORMATS, best_rows, summarise, write_table

RunsOf = Callable[[list[dict[str, Any]]], pd.DataFrame]


@pytest.fixture
def table(runs_of: RunsOf) -> pd.DataFrame:
    rows = [
        {"group": "a", "hidden": "128", "recurrent": True, "best_val_accuracy": 0.9612},
        {"group": "a", "hidden": "128", "recurrent": True, "best_val_accuracy": 0.9632},
        {"group": "b", "hidden": "[64, 64]", "recurrent": False, "best_val_accuracy": 0.5},
    ]
    same = {"dataset": "fashion_mnist", "test_accuracy": 0.91}
    return summarise(runs_of([row | same for row in rows]))


def text_of(table: pd.DataFrame, format: str) -> str:
    stream = io.StringIO()
    write_table(table, stream, format)
    return stream.getvalue()


def test_csv_gives_every_number_back(table: pd.DataFrame, tmp_path: Path) -> None:
    write_table(table, tmp_path / "t.csv", "csv")
    read = pd.read_csv(tmp_path / "t.csv", index_col="group_id")
    pd.testing.assert_frame_equal(read, table, check_dtype=False, check_exact=True)


def test_truth_is_written_in_one_way(table: pd.DataFrame) -> None:
    mixed = pd.DataFrame({"learned": [True, None], "code": ["True", "a"]})
    assert text_of(mixed, "csv").splitlines() == ["learned,code", "true,True", ",a"]
    for format in ("csv", "md", "latex"):
        assert "true" in text_of(table, format) and "True" not in text_of(table, format)


def test_parquet_gives_the_table_back(table: pd.DataFrame, tmp_path: Path) -> None:
    write_table(table, tmp_path / "t.parquet", "parquet")
    read = pd.read_parquet(tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(read, table, check_exact=True)
    assert read.attrs == table.attrs


def test_markdown_is_in_percent_with_the_best_in_bold(table: pd.DataFrame) -> None:
    text = text_of(table, "md")
    head, rule, best, other, empty, caption, between, note = text.splitlines()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in (head, best, other)]
    assert cells[0] == ["recurrent", "hidden", "n", "val accuracy (%)", "test accuracy (%)"]
    both = ["**96.22 (96.12 and 96.32)**", "**91.00 (91.00 and 91.00)**"]
    assert cells[1] == ["true", "128", "2", *both]
    assert cells[2] == ["false", "[64, 64]", "1", "50.00", "91.00"]
    assert set(rule) <= set("|:-")
    assert empty == between == ""
    assert caption.startswith("Mean, and both values where n is 2, which are too few for an int")
    assert note.startswith("Bold: best by validation. The same for all: dataset=fashion_mnist.")


@pytest.mark.parametrize(
    ("apart", "bold", "told"),
    [
        (["dataset"], [0, 2], "of each dataset."),
        (["preset"], [0, 1], "of each preset."),
        (["dataset", "preset"], [0, 1, 2, 3], "of each dataset and preset."),
        ([], [0], "Bold: best by validation."),
    ],
)
def test_the_best_of_every_dataset_and_preset_is_bold(
    runs_of: RunsOf, apart: list[str], bold: list[int], told: str
) -> None:
    values = {
        "dataset": ["mnist", "mnist", "digits", "digits"],
        "preset": ["default", "published", "default", "published"],
    }
    rows = [
        {"group": str(n), "lr": n, "best_val_accuracy": 0.9 - n / 10}
        | {name: values[name][n] for name in apart}
        for n in range(4)
    ]
    text = text_of(summarise(runs_of(rows)), "md")
    lines = text.splitlines()[2:6]
    assert [n for n in range(4) if "**" in lines[n]] == bold
    assert told in text


def test_the_caption_names_the_params_that_are_left_out(runs_of: RunsOf) -> None:
    rows = [{"group": str(n), "lr": n, "hidden": n, "dynamics": "lif"} for n in range(2)]
    text = text_of(summarise(runs_of(rows), params=["hidden"]), "md")
    assert "The same for all: dynamics=lif. Not shown: lr." in text
    assert "Not shown" not in text_of(summarise(runs_of(rows)), "md")


def test_of_many_params_that_do_not_vary_the_caption_names_those_that_are_asked_for(
    runs_of: RunsOf,
) -> None:
    many = {f"key_{number}": 1 for number in range(9)}
    rows = [{"group": str(n), "hidden": n, "dataset": "mnist", "epochs": 8, **many} for n in (1, 2)]
    text = text_of(summarise(runs_of(rows)), "md")
    assert "The same for all: dataset=mnist, epochs=8, 9 others." in text


def test_the_caption_tells_what_only_some_rows_have_apart(runs_of: RunsOf) -> None:
    rows = [
        {"group": "a", "dynamics": "alif", "beta": 0.1, "lr": 0.001},
        {"group": "b", "dynamics": "lif", "beta": None, "lr": 0.001},
    ]
    text = text_of(summarise(runs_of(rows)), "md")
    assert "The same for all: lr=0.001. Where used: beta=0.1." in text


def test_latex_is_a_balanced_booktabs_table(table: pd.DataFrame) -> None:
    text = text_of(table, "latex")
    lines = text.splitlines()
    rules = [line for line in lines if line in ("\\toprule", "\\midrule", "\\bottomrule")]
    assert rules == ["\\toprule", "\\midrule", "\\bottomrule"]
    begun = re.findall(r"\\begin\{(\w+)\}", text)
    assert begun == ["table", "tabular"]
    assert re.findall(r"\\end\{(\w+)\}", text) == begun[::-1]
    unescaped = re.sub(r"\\[{}]", "", text)
    assert unescaped.count("{") == unescaped.count("}")
    assert r"\textbf{96.22 (96.12 and 96.32)}" in text
    rows = [line for line in lines if line.endswith(r"\\")]
    assert [line.count(" & ") for line in rows] == [4, 4, 4]


def test_latex_has_a_label_a_short_caption_and_the_settings_in_a_note(
    table: pd.DataFrame, tmp_path: Path
) -> None:
    write_table(table, tmp_path / "my_table.tex", "latex")
    lines = (tmp_path / "my_table.tex").read_text().splitlines()
    assert lines[:2] == ["\\begin{table}[htbp]", "\\centering"]
    assert "\\label{tab:my-table}" in lines
    (caption,) = [line for line in lines if line.startswith("\\caption")]
    assert len(caption) < 160 and "The same for all" not in caption
    below = lines[lines.index("\\end{tabular}") + 1 :]
    assert below[0] == "\\par\\smallskip" and "dataset=fashion\\_mnist" in below[1]


def test_three_seeds_have_an_interval(runs_of: RunsOf) -> None:
    rows = [{"group": "a", "best_val_accuracy": value} for value in (0.9, 0.92, 0.94)]
    text = text_of(summarise(runs_of(rows)), "md")
    assert "**92.00 ± 4.97**" in text
    assert "Mean ± half width of its 95 % confidence interval" in text
    assert "(Student's t over n seeds, on these test images);" in text


def test_the_first_rows_keep_what_is_known_of_all(runs_of: RunsOf) -> None:
    rows = [{"group": str(n), "lr": n, "dynamics": "lif"} for n in range(5)]
    text = text_of(best_rows(summarise(runs_of(rows)), 2), "md")
    assert len([line for line in text.splitlines() if line.startswith("|")]) == 4
    assert "The first 2 of 5 rows." in text and "dynamics=lif" in text


def test_latex_escapes_what_it_would_read_as_commands(table: pd.DataFrame) -> None:
    special = table.rename(columns={"hidden": "hidden_size"})
    special["hidden_size"] = ["50% of {a}~b^c", "x\\y & $1 #2"]
    text = text_of(special, "latex")
    assert r"hidden\_size" in text
    assert r"50\% of \{a\}\textasciitilde{}b\textasciicircum{}c" in text
    assert r"x\textbackslash{}y \& \$1 \#2" in text
    assert r"dataset=fashion\_mnist" in text
    assert not re.search(r"(?<!\\)_", text)


@pytest.mark.parametrize(
    ("written", "set_as"),
    [
        ("-2.50 [-3.1, -0.9]", "$-$2.50 [$-$3.1, $-$0.9]"),
        ("lr=1e-05, x = -1,200", "lr=1e$-$05, x = $-$1,200"),
        ("−5.2", "$-$5.2"),
        ("efficient-mnist-s1 v1.2-3 2024-11-28", "efficient-mnist-s1 v1.2-3 2024-11-28"),
        ("half-width, 5-fold, -x", "half-width, 5-fold, -x"),
    ],
)
def test_latex_has_minus_signs_before_numbers_and_hyphens_in_names(
    table: pd.DataFrame, written: str, set_as: str
) -> None:
    assert f"& {set_as} &" in text_of(table.assign(hidden=written), "latex")


def test_a_bar_in_a_value_does_not_split_a_markdown_cell(table: pd.DataFrame) -> None:
    table["hidden"] = ["a|b", "c"]
    assert r"a\|b" in text_of(table, "md")


def test_any_table_can_be_written(tmp_path: Path) -> None:
    plain = pd.DataFrame({"sweep": ["a_b"], "trials": [3], "best_val_accuracy": [0.5]})
    assert text_of(plain, "csv") == "sweep,trials,best_val_accuracy\na_b,3,0.5\n"
    assert "50.00" in text_of(plain, "md")
    assert text_of(plain, "latex").startswith("\\begin{table}")


@pytest.mark.parametrize("format", FORMATS)
def test_a_binary_stream_and_a_file_get_the_same(
    table: pd.DataFrame, tmp_path: Path, format: str
) -> None:
    stream = io.BytesIO()
    write_table(table, stream, format)
    write_table(table, tmp_path / "results", format)  # which is also the label in LaTeX
    assert (tmp_path / "results").read_bytes() == stream.getvalue()


def test_parquet_on_a_text_stream_is_refused(table: pd.DataFrame) -> None:
    with pytest.raises(AnalysisError, match="parquet is not text"):
        write_table(table, io.StringIO(), "parquet")


def test_an_unknown_format_names_the_known_ones(table: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match="'xls'; known: csv, md, latex, parquet"):
        write_table(table, tmp_path / "t.xls", "xls")
    assert not list(tmp_path.iterdir())


def test_an_old_file_is_replaced_and_a_link_stays_one(table: pd.DataFrame, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to("t.csv")
    write_table(table, tmp_path / "link.csv", "csv")
    assert (tmp_path / "t.csv").read_text().startswith("group_id,")
    assert (tmp_path / "link.csv").is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.csv", "t.csv"]


def test_a_pipe_is_written_to_and_stays_a_pipe(table: pd.DataFrame, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_table(table, pipe, "csv")
        assert os.read(reader, 9) == b"group_id,"
    finally:
        os.close(reader)
    assert pipe.is_fifo()


@pytest.mark.parametrize("target", ["missing/t.csv", "folder", "file/t.csv"])
def test_a_path_that_cannot_be_written_is_one_line(
    table: pd.DataFrame, tmp_path: Path, target: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("kept")
    with pytest.raises(AnalysisError) as raised:
        write_table(table, tmp_path / target, "csv")
    assert str(raised.value).startswith(f"cannot write {tmp_path / target}: ")
    no_folder = f"there is no folder {tmp_path / 'missing'}"
    assert (no_folder in str(raised.value)) == (target == "missing/t.csv")
    assert "\n" not in str(raised.value)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "folder"]
