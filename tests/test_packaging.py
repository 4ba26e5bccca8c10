"""What a user of the packages, and a contributor, finds beside the code."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = ("snn", "sweep", "analysis")


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_says_that_it_has_types(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()
    assert "py.typed" in PROJECT["tool"]["setuptools"]["package-data"][package]


def test_the_version_is_the_same_everywhere() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "sweep.cli", "--version"], capture_output=True, text=True
    )
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert shown.stdout == f"spikesweep {version('spikesweep')}\n"
    assert version("spikesweep") == PROJECT["project"]["version"] == citation["version"]


@pytest.mark.parametrize("library", ["ray", "optuna", "mlflow", "tonic"])
def test_a_library_whose_private_parts_are_used_has_an_upper_bound(library: str) -> None:
    extra = PROJECT["project"]["optional-dependencies"].get(library, [])
    known = [*PROJECT["project"]["dependencies"], *extra]
    (wanted,) = (d for d in known if re.match(rf"{library}\b", d))
    (below,) = re.findall(r"<(\d+)\.(\d+)$", wanted)
    major, minor, *_ = version(library).split(".")
    assert below == (major, str(int(minor) + 1)), "the next minor version"


def test_the_checks_before_a_commit_are_those_of_make_lint() -> None:
    text = (ROOT / ".pre-commit-config.yaml").read_text()
    hooks = [hook for repo in yaml.safe_load(text)["repos"] for hook in repo["hooks"]]
    lint = (ROOT / "Makefile").read_text().split("\nlint:")[1].split("\n\n")[0]
    assert {hook["entry"] for hook in hooks} == {
        line.strip().removesuffix(" --check") for line in lint.splitlines()[1:]
    }
    assert all(hook["language"] == "system" for hook in hooks) and "://" not in text
    assert all(shutil.which(ROOT / hook["entry"].split()[0]) for hook in hooks)


def test_the_changelog_has_a_section_for_the_release_and_one_for_what_comes_next() -> None:
    titles = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), flags=re.M)
    assert titles[0] == "Unreleased" and PROJECT["project"]["version"] in titles


@pytest.mark.parametrize(
    "file", [file for file in sorted(ROOT.glob("tests/*.py")) if "__main__" in file.read_text()]
)
def test_beside_a_program_no_module_takes_the_place_of_one_of_python(file: Path) -> None:
    """Python looks for modules beside a program first: `numbers.py` there broke all libraries."""
    assert not {each.stem for each in file.parent.glob("*.py")} & sys.stdlib_module_names
