"""Damaged files of runs, sealed anew or not, given to `table`, `show` and `import-runs`."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.records import KIND_SWEEP, KIND_TRIAL, State, Tag
from analysis.run_files.format import _SEALED, FORM, MARK, UNSEALED, seal
from analysis.run_files.writer import RunFileWriter
from analysis.store.metric_values import VALUES
from analysis.store.record import RunRecord
from tests.fuzzing import hostile
from tests.fuzzing.case import Case
from tests.fuzzing.damage import OF_BYTES, any_of
from tests.fuzzing.material import RUNS, STORE, Material

_METRICS = ("test_accuracy", "best_val_accuracy", "best_val_loss", "val_accuracy")
_START = 1_750_000_000_000

Rows = list[dict[str, Any]]


def whole() -> bytes:
    """A sweep with four trials, two seeds of each of two neurons."""
    runs = [_run("a" * 32, "s 1", KIND_SWEEP, {}, {Tag.SWEEP: "s"})]
    for number in range(4):
        params = {"dynamics": "lif" if number < 2 else "alif", "seed": str(number % 2), "lr": "0.1"}
        tags = {
            Tag.PARENT: "a" * 32,
            Tag.CONFIG_ID: f"{number:012x}",
            Tag.GROUP_ID: f"{number // 2:012x}",
            Tag.SWEEP: "s",
            Tag.TRIAL: f"s/1/{number:012x}",
        }
        runs.append(_run(f"{number:032x}", f"trial {number}", KIND_TRIAL, params, tags))
    values = pd.DataFrame(
        [
            (run.run_id, metric, step, _START + step, step / 10)
            for run in runs[1:]
            for metric in _METRICS
            for step in (1, 2, 3)
        ],
        columns=list(VALUES),
    )
    writer = RunFileWriter(_METRICS)
    writer.write(runs, values)
    return writer.finish()


def _run(
    run_id: str, name: str, kind: str, params: Mapping[str, str], tags: Mapping[str, str]
) -> RunRecord:
    told = {**tags, Tag.KIND: kind, Tag.STATE: State.DONE}
    return RunRecord(run_id, "s", name, "FINISHED", _START, _START + 9000, params, told, {})


def sealed(table: pa.Table) -> bytes:
    """A table of any columns as a file with a seal that fits."""
    content = io.BytesIO()
    described = table.replace_schema_metadata({MARK: FORM + b":" + UNSEALED})
    pq.write_table(described, content)
    return sealed_anew(content.getvalue())


def sealed_anew(content: bytes) -> bytes:
    """A damaged file with a seal that fits, if there still is a place for one."""
    found = _SEALED.search(content)
    if found is None:
        return content
    start, end = found.span(2)
    mine = seal(content[:start] + UNSEALED + content[end:])
    return content[:start] + mine + content[end:]


def table_of(content: bytes) -> pa.Table:
    """The columns and rows of a file."""
    return pq.read_table(pa.BufferReader(content))


def make(random: Random, material: Material) -> Case:
    """A file that is damaged; of those that are not sealed anew none may pass."""
    content, may_pass = material.read(RUNS), True
    way = random.choice(("bytes", "sealed bytes", "schema", "values", "values"))
    if way == "bytes":
        damage, content = any_of(random, content)
        may_pass = False
    elif way == "sealed bytes":
        damage = random.choice(sorted(OF_BYTES))
        content = sealed_anew(OF_BYTES[damage](random, content))
    else:
        damages = _OF_SCHEMA if way == "schema" else _OF_VALUES
        damage = random.choice(sorted(damages))
        content = sealed(damages[damage](random, table_of(content)))
    commands = (
        ("table", "r.parquet", "--format", "csv"),
        ("table", "r.parquet", "--format", "md"),
        ("show", "r.parquet"),
        ("effects", "r.parquet", "--format", "latex"),
        ("import-runs", "r.parquet"),
    )
    files = {"r.parquet": content, "mlflow.db": material.read(STORE)}
    return Case(f"{way}: {damage}", random.choice(commands), files, may_pass=may_pass)


def _without(random: Random, table: pa.Table) -> pa.Table:
    return table.drop_columns([random.choice(table.column_names)])


def _renamed(random: Random, table: pa.Table) -> pa.Table:
    names = list(table.column_names)
    names[random.randrange(len(names))] = random.choice((*hostile.TEXTS, *names))
    return table.rename_columns(names)


def _of_another_type(random: Random, table: pa.Table) -> pa.Table:
    place = random.randrange(table.num_columns)
    values: tuple[pa.Array, ...] = (
        pa.array([1] * len(table)),
        pa.array([b"\xff"] * len(table)),
        pa.array([None] * len(table)),
        pa.array([[{"step": 1}]] * len(table)),
        pa.array([{"a": 1}] * len(table)),
        pa.array(["x"] * len(table)).dictionary_encode(),
        pa.array([1.5] * len(table)),
    )
    return table.set_column(place, table.column_names[place], random.choice(values))


def _added(random: Random, table: pa.Table) -> pa.Table:
    return table.append_column(random.choice(hostile.TEXTS), pa.array([1] * len(table)))


def _in_another_order(random: Random, table: pa.Table) -> pa.Table:
    return table.select(random.sample(table.column_names, table.num_columns))


def _of_other_metrics(random: Random, table: pa.Table) -> pa.Table:
    """The same history with metrics of other names."""
    history = table.column("history").to_pylist()
    name = random.choice(hostile.TEXTS)
    for run in history:
        for logged in run:
            logged["metrics"][name] = logged["metrics"].pop("val_accuracy")
    return table.set_column(table.column_names.index("history"), "history", pa.array(history))


def _changed(change: Callable[[Random, Rows], None]) -> Callable[[Random, pa.Table], pa.Table]:
    def changed(random: Random, table: pa.Table) -> pa.Table:
        rows = table.to_pylist()
        change(random, rows)
        return pa.Table.from_pylist(rows, schema=table.schema)

    return changed


def _text(random: Random, rows: Rows) -> None:
    name = random.choice(("run_id", "sweep", "name", "status"))
    text = random.choice((*hostile.TEXTS, None))
    for row in rows if random.random() < 0.5 else [random.choice(rows)]:
        row[name] = text


def _moment(random: Random, rows: Rows) -> None:
    name = random.choice(("start", "end"))
    moments = (None, pd.Timestamp(0, tz="UTC"), pd.Timestamp("2261-01-01", tz="UTC"))
    random.choice(rows)[name] = random.choice((*moments, pd.Timestamp("1700-01-01", tz="UTC")))


def _pairs(random: Random, rows: Rows) -> None:
    row, name = random.choice(rows), random.choice(("params", "tags"))
    pairs = [list(pair) for pair in row[name]]
    if pairs and random.random() < 0.5:
        random.choice(pairs)[random.randrange(2)] = random.choice(hostile.TEXTS)
    elif pairs and random.random() < 0.5:
        pairs.remove(random.choice(pairs))
    else:
        pairs += [[random.choice(hostile.TEXTS), random.choice((*hostile.TEXTS, None))]]
    row[name] = [tuple(pair) for pair in pairs]


def _twice(random: Random, rows: Rows) -> None:
    rows.append(random.choice(rows))


def _order(random: Random, rows: Rows) -> None:
    random.shuffle(rows)


def _history(random: Random, rows: Rows) -> None:
    row = random.choice(rows[1:])
    logged = random.choice(row["history"])
    change = random.randrange(4)
    if change == 0:
        row["history"] = random.choice((None, [], [None], row["history"][::-1]))
    elif change == 1:
        logged["step"] = random.choice((None, -1, 2**63 - 1, -(2**63)))
    elif change == 2:
        logged["timestamp"] = random.choice((None, pd.Timestamp("1700-01-01", tz="UTC")))
    else:
        metric = random.choice(_METRICS)
        logged["metrics"][metric] = random.choice((None, *hostile.ODD_NUMBERS, -5.0, 1e308))


_OF_SCHEMA: dict[str, Callable[[Random, pa.Table], pa.Table]] = {
    "without": _without,
    "renamed": _renamed,
    "of another type": _of_another_type,
    "added": _added,
    "in another order": _in_another_order,
    "other metrics": _of_other_metrics,
}
_OF_VALUES: dict[str, Callable[[Random, pa.Table], pa.Table]] = {
    "text": _changed(_text),
    "moment": _changed(_moment),
    "pairs": _changed(_pairs),
    "twice": _changed(_twice),
    "order": _changed(_order),
    "history": _changed(_history),
    "not UTF-8": lambda random, table: _not_utf8(random, table),
}


def _not_utf8(random: Random, table: pa.Table) -> pa.Table:
    name = random.choice(("run_id", "sweep", "name", "status"))
    wrong = pa.array([b"\xff\xfe" for _ in range(len(table))], pa.binary())
    text = pa.Array.from_buffers(pa.string(), len(wrong), wrong.buffers())
    return table.set_column(table.column_names.index(name), name, text)
