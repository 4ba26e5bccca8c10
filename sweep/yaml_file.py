"""Reading YAML as people mean it: `1e-3` is a number, and a key that stands twice is a mistake."""

from __future__ import annotations

import re
from typing import Any

import yaml

from sweep.errors import SpecError


class _Loader(yaml.SafeLoader):
    """YAML 1.1 without its two worst surprises."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"),
    list("-+.0123456789"),
)


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [loader.construct_object(key) for key, _ in node.value]
    for index, key in enumerate(keys):
        if key in keys[:index]:
            mark = node.value[index][0].start_mark
            problem = f"the key {key!r} stands twice"
            raise yaml.constructor.ConstructorError(problem=problem, problem_mark=mark)
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read(text: str, where: str) -> Any:
    """Parse a text.

    Raises:
        SpecError: It is no YAML; with line and column.
    """
    try:
        return yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise SpecError(f"{where}{place}: {error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise SpecError(f"{where}: is no YAML: {str(error).splitlines()[0]}") from None
