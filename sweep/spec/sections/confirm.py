"""The section `confirm`: the leaders of a search are trained again with fresh seeds."""

from __future__ import annotations

import json
from typing import Any

from pydantic import Field

from sweep.spec.sections.section import Section, Seeds


class Confirm(Section):
    """Train the leaders again with fresh seeds: their accuracy is the figure to report."""

    top: int = Field(3, ge=1, description="leading configurations, by validation")
    seeds: Seeds | None = Field(
        None,
        min_length=2,
        description="replicates of each, none of them a seed of the search; "
        "default: the five lowest from 1 on that it has not used",
    )
    base: dict[str, Any] = Field(
        {}, description="keys with another value than in the search, such as more epochs"
    )

    @property
    def settings(self) -> list[str]:
        """Keys with another value than in the search, as `--set` takes them."""
        return [f"{k}={v if isinstance(v, str) else json.dumps(v)}" for k, v in self.base.items()]

    @property
    def changes(self) -> str:
        """The same in words that follow others; empty if nothing."""
        return f" with {', '.join(self.settings)}" if self.base else ""
