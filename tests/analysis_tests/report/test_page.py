"""The page of a report in a real browser: it opens from disk, needs nothing, and can be used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure
from playwright.sync_api import Page

from analysis.errors import AnalysisError
from analysis.report.page import as_html, write_report
from analysis.report.parts import Browser, Note, Part, Picture, Report, Section, Table, Verbatim
from tests.browser import open_page

RUNS = pd.DataFrame(
    {
        "dynamics": ["lif", "alif", "lif"] * 50,
        "hidden": pd.array([9, 100, None] * 50, dtype="Int64"),
        "test_accuracy": [0.5 + number / 1000 for number in range(150)],
        "learn_beta": pd.array([None, True, False] * 50, dtype="boolean"),
        "run_id": [f"run{number}" for number in range(150)],
    }
)


def report(*more: Part) -> Report:
    figure = Figure(figsize=(4, 3))
    figure.subplots().plot([1, 2], [3, 4])
    table = pd.DataFrame({"factor": ["<b>size</b> & more"], "p": ["<0.001"]})
    links = [f"http://127.0.0.1:5000/#/runs/{name}" for name in RUNS["run_id"]]
    parts: tuple[Part, ...] = (
        Note(text="Nothing <i>hidden</i>.", missing=True),
        Verbatim(title="Specification", text="name: </script><script>alert(1)</script>"),
        Table(name="effects", caption="Effects.", shown=table, raw=table),
        Picture(name="bars", text="Bars of accuracy.", figure=figure),
        Browser(name="runs", runs=RUNS, links=links),
        *more,
    )
    section = Section(anchor="all", title="All of it", parts=parts)
    return Report(title="a </title> sweep", lead="Three & more.", sections=(section,))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    write_report(report(), folder)
    return folder


@pytest.fixture(scope="module")
def page(folder: Path) -> Iterator[Page]:
    with open_page() as page:
        page.set_default_timeout(30_000)
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: complaints.append(request.url))
        page.goto((folder / "report.html").as_uri())
        yield page
        foreign = [text for text in complaints if not text.startswith(("file:", "data:"))]
        assert foreign == []


def rows(page: Page) -> list[list[str]]:
    found: list[list[str]] = page.locator(".browser tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )
    return found


def test_the_page_asks_for_nothing_beside_itself(folder: Path) -> None:
    html = (folder / "report.html").read_text()
    loaded = re.findall(r'(?:src|href)="([^"#]*)"', html)
    assert all(source.startswith("data:") for source in loaded)


def test_texts_are_shown_as_they_are_and_never_run(page: Page) -> None:
    assert page.title() == "a </title> sweep"
    assert "<i>hidden</i>" in page.locator(".missing").first.inner_text()
    assert "<b>size</b> & more" in page.locator("figure.table td").first.inner_text()
    page.get_by_text("Specification").click()
    assert "alert(1)" in page.locator("pre").inner_text()


def test_pictures_have_a_text_for_those_who_cannot_see_them(page: Page) -> None:
    picture = page.get_by_alt_text("Bars of accuracy.")
    picture.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('img').naturalWidth > 100")


def test_runs_are_shown_a_page_at_a_time(page: Page) -> None:
    assert len(rows(page)) == 100
    page.get_by_role("button", name="Next").click()
    assert len(rows(page)) == 50
    assert page.get_by_text("page 2 of 2").is_visible()
    page.get_by_role("button", name="Previous").click()


def test_runs_are_sorted_by_a_column_from_the_keyboard_missing_ones_last(page: Page) -> None:
    button = page.get_by_role("button", name="hidden")
    button.focus()
    page.keyboard.press("Enter")
    assert rows(page)[0][1] == "100"
    assert page.locator("th[aria-sort=descending]").inner_text().startswith("hidden")
    page.keyboard.press("Enter")
    assert rows(page)[0][1] == "9"
    assert rows(page)[99][1] == "100"
    page.get_by_role("button", name="Next").click()
    assert rows(page)[-1][1] == "–"


@pytest.mark.parametrize(
    ("query", "count"),
    [("alif", 50), ("dynamics=lif hidden<10", 50), ("test_accuracy>64.85", 1), ("nothing", 0)],
)
def test_runs_are_filtered_by_words_and_comparisons(page: Page, query: str, count: int) -> None:
    page.get_by_role("searchbox").fill(query)
    assert page.get_by_text(f"{count} of 150 runs").is_visible()
    page.get_by_role("searchbox").fill("")


def test_numbers_of_a_column_stand_below_each_other_whatever_is_missing(page: Page) -> None:
    page.get_by_role("searchbox").fill("run149")
    aligned = (
        page.locator(".browser tbody tr")
        .first.locator("td")
        .evaluate_all(
            "cells => cells.map(cell => [cell.textContent, getComputedStyle(cell).textAlign])"
        )
    )
    assert aligned[1:3] == [["–", "right"], ["64.90", "right"]]
    page.get_by_role("searchbox").fill("")


def test_every_run_links_to_its_page_in_mlflow(page: Page) -> None:
    page.get_by_role("searchbox").fill("run149")
    link = page.locator(".browser tbody a")
    assert link.get_attribute("href") == "http://127.0.0.1:5000/#/runs/run149"
    page.get_by_role("searchbox").fill("")


def test_numbers_are_at_the_right_and_the_picture_has_its_place_before_it_is_there(
    page: Page,
) -> None:
    aligned = page.locator("figure.table td").evaluate_all(
        "cells => cells.map(cell => getComputedStyle(cell).textAlign)"
    )
    assert aligned == ["left", "right"]
    assert page.locator(".picture img").get_attribute("height") == "360"


def test_a_name_in_the_first_column_stays_on_one_line_as_far_as_a_page_has_room() -> None:
    name, long = "default preset / LIF / rec / periodic / 200 neurons", "a" * 61
    table = pd.DataFrame({"configuration": [name, long], "why": [name, "short"]})
    html = as_html(report(Table(name="t", caption="T.", shown=table, raw=table)))
    assert f'<td>{name}</td><td class="wide">{name}</td>' in html
    assert f'<td class="wide">{long}</td>' in html


def test_the_dark_page_has_dark_figures(page: Page) -> None:
    dark = "getComputedStyle(document.querySelector('.picture img')).filter"
    assert page.evaluate(dark) == "none"
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(dark).startswith("invert(0.91)")
    page.emulate_media(color_scheme="light")


def test_the_page_fits_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 375, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    # A figure of 4 inches shrinks to the page; one whose letters would be too small scrolls.
    image = "document.querySelector('.picture img')"
    fits = f"{image}.offsetWidth - document.querySelector('.picture').clientWidth"
    for inches, more in ((4, 0), (5, 0), (9, 9 * 92 - 343)):
        page.evaluate(f"{image}.style.setProperty('--inches', {inches})")
        assert page.evaluate(fits) == more
    page.evaluate(f"{image}.style.setProperty('--inches', 4)")
    page.set_viewport_size({"width": 1600, "height": 1000})


def test_a_table_and_a_figure_stand_beside_each_other_where_the_window_has_room(page: Page) -> None:
    tops = "['figure.table', 'figure.drawn'].map(of => document.querySelector(of).offsetTop)"
    for width, beside in ((1280, True), (375, False)):
        page.set_viewport_size({"width": width, "height": 700})
        table, drawn = page.evaluate(tops)
        assert (table == drawn) is beside
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1600, "height": 1000})


def test_the_folder_has_the_same_as_files(folder: Path) -> None:
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert names == {
        "report.html",
        *(f"tables/effects.{suffix}" for suffix in ("csv", "md", "tex")),
        "tables/runs.csv",
        *(f"figures/bars.{suffix}" for suffix in ("png", "svg", "pdf")),
    }
    assert len(pd.read_csv(folder / "tables" / "runs.csv")) == 150


def test_the_same_report_gives_the_same_page() -> None:
    assert as_html(report()) == as_html(report())


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(AnalysisError, match="cannot write"):
        write_report(report(), tmp_path / "file" / "folder")
