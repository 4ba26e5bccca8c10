"""What is written anew when a sweep gets another name: tags, notes, the specification."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from analysis.records import LONGEST_TAG, Tag
from sweep.run.confirmation import described
from sweep.spec.fresh_seeds import CONFIRMED
from sweep.spec.yaml.files import read, write
from sweep.tracking.outbox import Event
from sweep.tracking.tracker import SWEEP_RUN


@dataclass(frozen=True)
class NewName:
    """Writes texts of a sweep anew. What has the new name already stays as it is.

    Attributes:
        before: The old name.
        now: The new name.
        folders: The old and the new folder of its launches.
    """

    before: str
    now: str
    folders: tuple[str, str]

    def tags(self, tags: Mapping[str, str]) -> dict[str, str]:
        """Those of the tags of a run or an experiment that change, with their new values."""
        rules: Mapping[str, Callable[[str], str]] = {
            Tag.SWEEP: lambda name: self.now if name == self.before else name,
            Tag.TRIAL: lambda key: self._begin(key, "/"),
            Tag.CHECKPOINT: self.path,
            Tag.SPEC: self._logged,
            Tag.NOTE: self._sentence,
        }
        new = {name: rule(tags[name]) for name, rule in rules.items() if name in tags}
        return {name: value for name, value in new.items() if value != tags[name]}

    def title(self, name: str) -> str:
        """The name of the run of a launch."""
        return self._begin(name, " ")

    def path(self, path: str) -> str:
        """The path, or address, of a file of a launch."""
        before, now = self.folders
        return now + path.removeprefix(before) if path.startswith(f"{before}/") else path

    def study(self, name: str) -> str:
        """The name of a study."""
        return self._begin(name, "/")

    def spec(self, text: str) -> str:
        """A specification as YAML."""
        values = read(text, self.before)
        return write(values | self._changes(values)) if self._is_old(values) else text

    def old(self, text: str) -> dict[str, Any]:
        """The keys of a specification that change, with the old values."""
        values = read(text, self.before)
        return {key: values[key] for key in self._changes(values)} if self._is_old(values) else {}

    def event(self, event: Event) -> Event:
        """A note of a launch."""
        new = {**event}
        for part in ("tags", "experiment"):
            if part in event:
                new[part] = {**event[part], **self.tags(event[part])}
        if event["run"] == SWEEP_RUN and "name" in event:
            new["name"] = self.title(event["name"])
        return new

    def _is_old(self, values: Any) -> bool:
        return isinstance(values, dict) and values.get("name") == self.before

    def _changes(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The keys that change: the description of a confirmation names its search."""
        described = self._sentence(values.get("description", ""))
        changed = described != values.get("description", "")
        return {"name": self.now} | ({"description": described} if changed else {})

    def _logged(self, text: str) -> str:
        """A specification in MLflow; one that was cut off, as it was too long, stays as it is."""
        return self.spec(text)[:LONGEST_TAG] if text and len(text) < LONGEST_TAG else text

    def _begin(self, text: str, sign: str) -> str:
        rest = text.removeprefix(f"{self.before}{sign}")
        return text if rest == text else f"{self.now}{sign}{rest}"

    def _sentence(self, text: str) -> str:
        if not self.before.endswith(CONFIRMED):
            return text
        before, now = (name.removesuffix(CONFIRMED) for name in (self.before, self.now))
        return text.replace(described(before), described(now))
