"""A launch has a folder of its own, or is refused in a line."""

from __future__ import annotations

from pathlib import Path, PosixPath

import pytest

from sweep.errors import SpecError, SweepError
from sweep.host.paths import LaunchPaths
from sweep.run import launch
from sweep.spec.parsing import parse_sweep
from sweep.spec.specification import Specification


class CaseBlind(PosixPath):
    """A path on a disk like those of macOS and Windows, which cannot be had here."""

    def exists(self) -> bool:
        siblings = self.parent.iterdir() if self.parent.is_dir() else ()
        return any(path.name.lower() == self.name.lower() for path in siblings)


def sweep(name: str) -> Specification:
    return parse_sweep({"name": name, "base": {"dataset": "digits"}, "search": {"lr": [1e-3]}})


def test_names_that_differ_in_case_alone_are_not_taken_for_one(
    in_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = CaseBlind(in_folder / "ray_results")
    monkeypatch.setattr(launch, "storage_root", lambda: root)
    assert launch.begin(sweep("Exp")).launch == 1
    assert launch.begin(sweep("Exp")).launch == 2
    with pytest.raises(SpecError) as refused:
        launch.begin(sweep("exp"))
    assert str(refused.value) == (
        f"name: in {root}, 'exp' is the same as 'Exp', of which launches are there; spell it so, "
        "or choose another name"
    )
    assert launch.begin(sweep("other")).launch == 1


def test_a_disk_that_tells_them_apart_has_both(in_folder: Path) -> None:
    assert launch.begin(sweep("Exp")).launch == launch.begin(sweep("exp")).launch == 1


def test_a_folder_that_cannot_be_written_is_said_in_a_line(
    in_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPIKESWEEP_STORAGE", "/proc/no")
    with pytest.raises(SweepError, match=r"^/proc/no/one/1: cannot be written: No such file"):
        launch.begin(sweep("one"))
    paths = LaunchPaths(Path("/proc/no"), "one", 1)
    with pytest.raises(SweepError, match=r"driver\.lock: cannot be written: ") as refused:
        with launch.driving(paths):
            pass
    assert "\n" not in str(refused.value)


def test_a_specification_is_kept_in_utf_8_whatever_the_locale(in_folder: Path) -> None:
    paths = launch.begin(sweep("one").model_copy(update={"description": "größer"}))
    assert "größer" in paths.spec.read_bytes().decode()
    with launch.driving(paths):
        pass


def test_a_launch_that_runs_cannot_be_driven_by_another(in_folder: Path) -> None:
    paths = launch.begin(sweep("one"))
    with launch.driving(paths), pytest.raises(SpecError, match="is being run by process "):
        with launch.driving(paths):
            pass


def test_a_launch_that_is_resumed_with_other_rules_says_which(in_folder: Path) -> None:
    plan = sweep("one").model_dump(mode="json", exclude_defaults=True)
    before = parse_sweep(plan | {"budget": {"epochs": 50}, "stop": {"target": 0.9}})
    after = parse_sweep(plan | {"budget": "8h", "stop": {"target": 0.9}})
    paths = launch.begin(before)
    assert launch.keep_rules(before, paths) == []
    told = "this launch goes on with budget 8 h; it was 50 epochs"
    assert launch.keep_rules(after, paths) == [told]
    assert launch.keep_rules(after, paths) == []
    assert launch.keep_rules(sweep("one"), paths) == [
        "this launch goes on without budget, which was 8 h",
        "this launch goes on without stop.target, which was 0.9",
    ]
    told = "this launch goes on with budget 50 epochs"
    assert told in launch.keep_rules(before, paths)
