"""YAML 1.2 as it is meant, and hostile texts in bounded time and one line."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from analysis.text.plain import LONGEST_LINE
from sweep.cli import run
from sweep.errors import SpecError
from sweep.spec.yaml.files import read, write


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("-7", -7),
        ("1e-3", 0.001),
        ("12e03", 12000.0),
        (".5", 0.5),
        ("1.", 1.0),
        ("-.inf", -math.inf),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("2026-01-01", "2026-01-01"),
        ("yes", "yes"),
        ("off", "off"),
        ("=", "="),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
        ("!!str 010", "010"),
        ("!!float 3", 3.0),
        ("'1e3'", "1e3"),
    ],
)
def test_a_value_is_read_by_the_core_schema_of_version_1_2(written: str, value: Any) -> None:
    found = read(f"key: {written}", "f")["key"]
    assert (found, type(found)) == (value, type(value))


def test_a_merge_key_brings_what_is_not_given() -> None:
    text = "a: &a {x: 1, y: 2}\nb: &b {x: 3, z: 4}\n"
    assert read(f"{text}c: {{<<: *a, y: 5}}", "f")["c"] == {"x": 1, "y": 5}
    assert read(f"{text}c: {{<<: [*a, *b]}}", "f")["c"] == {"x": 1, "y": 2, "z": 4}
    with pytest.raises(SpecError, match=r"f, line 1, column 5: << merges mappings"):
        read("c: {<<: 3}", "f")


def test_what_an_alias_repeats_is_a_value_of_its_own() -> None:
    found = read("a: &a {x: [1]}\nb: *a\n", "f")
    found["a"]["x"].append(2)
    assert found["b"] == {"x": [1]}


BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdefg", "bcdefgh", strict=True)
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\nb: 2\na: 3", "f, line 3, column 1: the key 'a' stands twice"),
        ("name: [", "f, line 1, column 8: expected the node content"),
        ("\ta: 1", "f, line 1, column 1: "),
        ("a: 1\nb: \x00", "f, line 2, column 4: has a character that YAML does not allow"),
        ("a: \x1b[2J", "f, line 1, column 4: has a character that YAML does not allow"),
        ("a: \ud800", "f, line 1, column 4: has a character that no file can hold"),
        ("--- 1\n--- 2\n", "f, line 2, column 1: a second document begins; allowed is one"),
        ("[" * 100_000, "f, line 1, column 33: is more than 32 lists and mappings deep"),
        ("{a: " * 100_000, "is more than 32 lists and mappings deep"),
        ("- " * 100_000, "is more than 32 lists and mappings deep"),
        (BOMB, "aliases repeat more than 10,000 values"),
        ("a: &a [*a]", "there is no value &a before"),
        ("a: " + "9" * 5000, "is too large: whole numbers have 64 bits"),
        ("a: 0x" + "f" * 5000, "is too large: whole numbers have 64 bits"),
        ("a: 1e999", "'1e999' is too large: numbers end at 1.8e308"),
        ("a: !!python/object:os.system x", "is not allowed"),
        ("a: !!binary aGk=", "the tag 'tag:yaml.org,2002:binary' is not allowed"),
        ("a: !!int x", "'x' is not what its tag"),
        ("? [a, b]\n: 1", "a key must be a text"),
    ],
)
def test_what_is_not_allowed_is_one_short_line_with_line_and_column(text: str, told: str) -> None:
    with pytest.raises(SpecError) as caught:
        read(text, "f")
    line = str(caught.value)
    assert told in line
    assert line.startswith("f, line ")
    assert len(line) < LONGEST_LINE


@pytest.mark.parametrize(
    "text", ["\ufeffa: 1", "a: 1\r\n", "---\na: 1\n...\n", "%YAML 1.1\n---\na: 1"]
)
def test_marks_and_ends_of_lines_of_other_editors_are_read(text: str) -> None:
    assert read(text, "f") == {"a": 1}


scalars = st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False)
words = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(
    ["1e3", "08", "0o17", "on", "null", "0x1F", "1_0", "1:30", ".5", "<<", "2026-01-01", "~"]
)
values = st.recursive(
    scalars | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_what_is_written_is_read_by_this_version_and_the_one_before(value: Any) -> None:
    assert read(write(value), "f") == value
    assert yaml.safe_load(write(value)) == value


def seconds(deed: Callable[[], Any]) -> float:
    begin = time.process_time()
    deed()
    return time.process_time() - begin


@pytest.mark.parametrize(
    "text_of",
    [
        lambda n: "name: a\n" + "".join(f"key{i}: 1\n" for i in range(n)),
        lambda n: f"name: a\nseeds: {list(range(8 * n))}\ntrials: 1\n",
        lambda n: f"name: a\nsearch: {{hidden: {list(range(1, n))}}}\n",
        lambda n: f"name: a\nsampler: grid\npoints: {[{'hidden': i} for i in range(1, n)]}\n",
    ],
    ids=["keys", "seeds", "choices", "points"],
)
def test_eight_times_as_much_takes_about_eight_times_as_long(
    tmp_path: Any, capsys: pytest.CaptureFixture[str], text_of: Callable[[int], str]
) -> None:
    def check(n: int) -> float:
        path = tmp_path / f"{n}.yaml"
        path.write_text(text_of(n))
        return seconds(lambda: run(["validate", str(path)]))

    check(10)  # imports
    few = min(check(1000) for _ in range(3))
    assert check(8000) < 20 * few
