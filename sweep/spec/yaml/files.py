"""Reading and writing YAML 1.2: its core schema, with merge keys, and bounds for hostile texts.

https://yaml.org/spec/1.2.2/#103-core-schema: `010` is ten, `1:30`, `yes` and `2026-01-01` are
texts, `1e-3` is a number. Beyond it, `<<` merges mappings, and a key that stands twice, several
documents and all other tags are mistakes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

from analysis.text.plain import brief
from sweep.errors import SpecError
from sweep.spec.yaml.scalars import NUMBERS, Unreadable, as_tagged, as_written

_DEEPEST = 32  # lists and mappings in each other
_MOST_ALIASED = 10_000  # values that aliases repeat
_MERGE = "<<"
_ENDS_OF_LINES = frozenset("\r\x85\u2028\u2029\ufeff")
_MAP, _SEQ = "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"
_PLAINLY = {
    "mapping values are not allowed": "a second key in a line; a text with ': ' in it needs quotes",
    "found character '\\t'": "a tab; lines are indented with spaces",
}
"""What we say in place of the parser's words, which begin so."""

_FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LONG = 100_000  # characters, for the slow loader


def read(text: str, where: str) -> Any:
    """Parse a text.

    Raises:
        SpecError: It is no YAML, or has what is not allowed; with line and column.
    """
    try:
        return _parse(text.removeprefix("\ufeff"))
    except yaml.MarkedYAMLError as error:
        raise SpecError(f"{where}{_in_words(error)}") from None
    except yaml.reader.ReaderError as error:
        before = text[: error.position].split("\n")
        place = _place(len(before) - 1, len(before[-1]))
        raise SpecError(f"{where}{place}: has a character that YAML does not allow") from None
    except UnicodeEncodeError as error:
        before = text[: error.start].split("\n")
        place = _place(len(before) - 1, len(before[-1]))
        raise SpecError(f"{where}{place}: has a character that no file can hold") from None


def write(plain: Any) -> str:
    """Plain values as YAML; reading it gives equal ones, also by the rules of YAML 1.1."""
    return str(yaml.dump(plain, Dumper=_Dumper, sort_keys=False, allow_unicode=True))


class _Dumper(yaml.SafeDumper):
    """Quotes what version 1.1 or 1.2 would take for a number: a sweep may be named 1e3 or 08."""


def _text(dumper: _Dumper, text: str) -> Any:
    """A text; PyYAML writes some ends of lines as they are, which are read as spaces."""
    style = '"' if _ENDS_OF_LINES.intersection(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
for _kind, _pattern in NUMBERS:
    _Dumper.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", _pattern, list("-+.0123456789"))


@dataclass
class _Open:
    """A list or a mapping that is being read."""

    anchor: str | None
    is_mapping: bool
    keys: list[Any] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    size: int = 1

    @property
    def wants_key(self) -> bool:
        return self.is_mapping and len(self.keys) == len(self.values)


def _place(line: int, column: int) -> str:
    return f", line {line + 1}, column {column + 1}"


def _in_words(error: yaml.MarkedYAMLError) -> str:
    """Place and mistake: of a quote that is not closed the place of the quote, not of the end."""
    context, problem = error.context or "", error.problem or error.context or ""
    mark = error.problem_mark or error.context_mark
    if "quoted scalar" in context and "end of stream" in problem:
        mark, problem = error.context_mark, "this quote is not closed"
    for sign, words in _PLAINLY.items():
        if sign in problem:
            problem = words
    return f"{_place(mark.line, mark.column) if mark else ''}: {problem}"


def _refuse(event: Any, problem: str) -> NoReturn:
    raise yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)


def _parse(text: str) -> Any:
    try:
        return _document(yaml.parse(text, _FAST))
    except yaml.MarkedYAMLError:
        if len(text) > _LONG:
            raise
        return _document(yaml.parse(text, yaml.SafeLoader))  # it says better what is wrong


def _document(events: Iterator[Any]) -> Any:
    """The value of the only document, built without recursion."""
    reader = _Reader()
    for event in events:
        take = _TAKERS.get(type(event))
        if take is not None:
            take(reader, event)
    return reader.value


class _Reader:
    """Builds a value from the events of its text."""

    def __init__(self) -> None:
        self.value: Any = None
        self._documents = 0
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._aliased = 0

    def document(self, event: Any) -> None:
        """Begin a document."""
        self._documents += 1
        if self._documents > 1:
            _refuse(event, "a second document begins; allowed is one")

    def scalar(self, event: Any) -> None:
        """A value, or a key."""
        if self._open and self._open[-1].wants_key:
            self._open[-1].keys.append(event)
        else:
            self._put(event.anchor, _scalar(event), 1)

    def alias(self, event: Any) -> None:
        """A value once more."""
        self._refuse_as_key(event)
        if event.anchor not in self._anchors:
            _refuse(event, f"there is no value &{brief(event.anchor)[1:-1]} before")
        value, size = self._anchors[event.anchor]
        self._aliased += size
        if self._aliased > _MOST_ALIASED:
            _refuse(event, f"aliases repeat more than {_MOST_ALIASED:,} values")
        self._put(None, deepcopy(value), size)

    def begin(self, event: Any) -> None:
        """A list or a mapping begins."""
        self._refuse_as_key(event)
        if len(self._open) == _DEEPEST:
            _refuse(event, f"is more than {_DEEPEST} lists and mappings deep")
        if event.tag not in (None, "!", _MAP, _SEQ):
            _refuse(event, f"the tag {brief(event.tag)} is not allowed")
        self._open.append(_Open(event.anchor, type(event) is yaml.MappingStartEvent))

    def end(self, _: Any) -> None:
        """The last list or mapping ends."""
        done = self._open.pop()
        value = _mapping(done) if done.is_mapping else done.values
        self._put(done.anchor, value, done.size)

    def _refuse_as_key(self, event: Any) -> None:
        if self._open and self._open[-1].wants_key:
            _refuse(event, "a key must be a text")

    def _put(self, anchor: str | None, value: Any, size: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = value, size
        if self._open:
            self._open[-1].values.append(value)
            self._open[-1].size += size
        else:
            self.value = value


_TAKERS: Mapping[type, Callable[[_Reader, Any], None]] = {
    yaml.DocumentStartEvent: _Reader.document,
    yaml.ScalarEvent: _Reader.scalar,
    yaml.AliasEvent: _Reader.alias,
    yaml.SequenceStartEvent: _Reader.begin,
    yaml.MappingStartEvent: _Reader.begin,
    yaml.SequenceEndEvent: _Reader.end,
    yaml.MappingEndEvent: _Reader.end,
}


def _scalar(event: Any) -> Any:
    plain, _ = event.implicit
    try:
        if event.tag is None:
            return as_written(event.value) if plain else event.value
        if event.tag == "!":
            return event.value
        return as_tagged(event.tag, event.value)
    except Unreadable as error:
        _refuse(event, str(error))


def _mapping(done: _Open) -> dict[str, Any]:
    """Keys and values; those that are merged come first, and give way to the others."""
    own: dict[str, Any] = {}
    merged: dict[str, Any] = {}
    for event, value in zip(done.keys, done.values, strict=True):
        key = event.value
        if key == _MERGE and event.implicit[0]:
            for one in reversed(value if isinstance(value, list) else [value]):
                if not isinstance(one, dict):
                    _refuse(event, f"{_MERGE} merges mappings, and this is {brief(one)}")
                merged |= one
        elif key in own:
            _refuse(event, f"the key {brief(key)} stands twice")
        else:
            own[key] = value
    return merged | own
