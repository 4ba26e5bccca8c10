"""The figures of a report, of every data set by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from zlib import crc32

from analysis.data.groups import groups_within, several_values
from analysis.data.labels import value_label
from analysis.figures import FIGURES, FigureKind, Source
from analysis.records import State
from analysis.report.drafts import Draft

_NO_FILE_NAME = re.compile(r"[^A-Za-z0-9._-]+")


def figures(source: Source) -> Iterator[Draft]:
    """Figures of every data set by itself: accuracies on different data do not compare."""
    by_data_set = several_values(source.runs, ["dataset"])
    for group, runs in groups_within(source.runs, by_data_set):
        suffix = f"-{_in_file_names(runs['dataset'].iloc[0])}" if group else ""
        of_group = f"{group}: " if group else ""
        own = replace(source, runs=runs)
        for kind in FIGURES.values():
            if kind.section == "figures" and not kind.across:
                yield from _of_kind(kind, own, suffix, of_group)
    for kind in FIGURES.values():
        if kind.section == "figures" and kind.across:
            yield from _of_kind(kind, source)


def of_leaders(source: Source) -> Iterator[Draft]:
    """What the best networks do, of every data set."""
    done = source.runs[source.runs["state"] == State.DONE]
    for dataset, runs in done.groupby("dataset") if "dataset" in done else ():
        own = replace(source, runs=runs)
        of_group = f"{value_label('dataset', dataset)}: " if done["dataset"].nunique() > 1 else ""
        for kind in FIGURES.values():
            if kind.section == "leaders":
                yield from _of_kind(kind, own, f"-{_in_file_names(dataset)}", of_group)


def _in_file_names(label: object) -> str:
    """A data set's label as part of a file's name; two labels never give one name."""
    plain = _NO_FILE_NAME.sub("-", str(label))
    return plain if plain == label else f"{plain}-{crc32(str(label).encode()):08x}"


def _of_kind(
    kind: FigureKind, source: Source, suffix: str = "", group: str = ""
) -> Iterator[Draft]:
    for entry in kind.in_report(source):
        draw = partial(kind.draw, source, entry.options)
        text = f"{group}{entry.text}"
        yield Draft(f"{entry.name}{suffix}", f"{text[:1].upper()}{text[1:]}", draw)
