"""Write the references of all keys and of all commands from the code.

    python -m tests.reference

A test fails when a reference is not what this writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from inspect import get_annotations
from pathlib import Path
from typing import Any

import yaml
from typer.main import get_command
from typer.testing import CliRunner

from snn.config import TrialConfig
from sweep.cli import app
from sweep.spec.json_schema import json_schema

ROOT = Path(__file__).parent.parent
_WIDTH = 100
_BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
_KINDS = {
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "string": "text",
    "object": "keys and values",
    "null": "none",
}
_WRITTEN = "Written from the code by `python -m tests.reference`; do not edit."

Schema = Mapping[str, Any]


def keys_page() -> str:
    """All keys of a specification, of its sections, and of one run."""
    schema = json_schema()
    top = dict(schema["properties"])
    run = TrialConfig.model_json_schema()["properties"]
    top["base"] = {"type": "object", "description": "keys of one run that are fixed", "default": {}}
    parts = [
        "# All keys of a specification",
        f"{_WRITTEN} `spikesweep schema` prints the same as a JSON schema, for editors.",
        _section("The sweep", "The keys at the top of a specification.", top),
    ]
    for name, section in schema["$defs"].items():
        parts.append(_section(f"`{name.lower()}`", section["description"], section["properties"]))
    parts.append(
        "# All keys of one run\n\nThey stand in `base` (fixed), in `search` (searched) and after "
        "`--set`. A sweep takes `seed` from `seeds`. Some defaults depend on other keys: see the "
        "end."
    )
    left = dict(run)
    for owner in TrialConfig.__mro__:
        own = {key: left.pop(key) for key in get_annotations(owner) if key in left}
        if own:
            name = owner.__name__.removesuffix("Config").removesuffix("Keys").lower()
            parts.append(_section(f"Keys of `{name}`", str(owner.__doc__).splitlines()[0], own))
    parts += [_section("Other keys", "Keys of components.", left)] if left else []
    parts.append(_other_defaults(run))
    return "\n\n".join(parts) + "\n"


def commands_page() -> str:
    """What `--help` says of every command."""
    commands = get_command(app).commands  # type: ignore[attr-defined]
    parts = ["# All commands", _WRITTEN, _help([])]
    parts += [f"## `{name}`\n\n{_help([name])}" for name in commands]
    return "\n\n".join(parts) + "\n"


PAGES: Mapping[Path, Callable[[], str]] = {
    ROOT / "sweep" / "spec" / "REFERENCE.md": keys_page,
    ROOT / "sweep" / "commands" / "REFERENCE.md": commands_page,
}


def _section(title: str, about: str, keys: Mapping[str, Schema]) -> str:
    rows = [
        [f"`{key}`", _kind(one), _bounds(one), _default(one), one.get("description", "")]
        for key, one in keys.items()
    ]
    head = ["key", "type", "range", "default", "meaning"]
    return f"## {title}\n\n{about}\n\n{_table(head, rows)}"


def _other_defaults(run: Mapping[str, Schema]) -> str:
    """The defaults that differ from the usual ones, for every two values of keys with choices."""
    choices = [{key: value} for key, one in run.items() for value in one.get("enum", ())]
    rows = []
    for number, one in enumerate(choices):
        alone = _filled(one)
        rows.append((one, _differences(alone, _filled({}) | one)))
        for two in choices[:number]:
            if not one.keys() & two.keys():
                expected = _filled({}) | _changes(two) | _changes(one) | one | two
                rows.append((two | one, _differences(_filled(two | one), expected)))
    shown = sorted([_as_yaml(given), _as_yaml(new)] for given, new in rows if new)
    about = "Combinations of two values have a row where they change more than each value alone."
    table = _table(["with", "the default is"], shown)
    return f"## Defaults that depend on other keys\n\n{about}\n\n{table}"


def _filled(given: Schema) -> dict[str, Any]:
    return TrialConfig.parse(given).to_wire()


def _changes(given: Schema) -> dict[str, Any]:
    return _differences(_filled(given), _filled({}))


def _differences(values: Schema, others: Schema) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value != others[key]}


def _as_yaml(values: Schema) -> str:
    return ", ".join(f"`{key}: {_plain(value)}`" for key, value in values.items())


def _kind(one: Schema) -> str:
    if "$ref" in one:
        return f"section `{str(one['$ref']).rsplit('/', 1)[-1].lower()}`"
    if "anyOf" in one:
        return " or ".join(dict.fromkeys(map(_kind, one["anyOf"])))
    if "enum" in one:
        return ", ".join(f"`{value}`" for value in one["enum"])
    if one.get("type") == "array":
        return f"list of {_kind(one.get('items', {}))}"
    return _KINDS.get(str(one.get("type")), "any value")


def _bounds(one: Schema) -> str:
    """The ends of a range, also those of the items of a list."""
    own = [f"{sign} {one[key]:,}" for key, sign in _BOUNDS.items() if key in one]
    inner = [*one.get("anyOf", ()), *([one["items"]] if "items" in one else [])]
    return ", ".join(dict.fromkeys(own + [text for part in inner if (text := _bounds(part))]))


def _default(one: Schema) -> str:
    return f"`{_plain(one['default'])}`" if "default" in one else "must be given"


def _plain(value: Any) -> str:
    """A value as YAML has it."""
    if value == "":
        return '""'
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=1000)
    return "none" if value is None else text.removesuffix("\n...\n").strip()


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(head), ["---" for _ in head], *rows]
    cells = ([cell.replace("|", r"\|") for cell in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def _help(command: list[str]) -> str:
    shown = CliRunner().invoke(app, [*command, "--help"], terminal_width=_WIDTH)
    return f"```text\n{shown.output.strip()}\n```"


if __name__ == "__main__":
    for path, page in PAGES.items():
        path.write_text(page(), encoding="utf-8")
