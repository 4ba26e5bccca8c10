"""The README says what is so: its Python runs, its YAML is valid, its commands are all there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from sweep.cli import app
from sweep.spec.sources import bundled, load_sweep

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def commands() -> list[str]:
    return [
        info.name or info.callback.__name__ for info in app.registered_commands if info.callback
    ]


def test_the_ten_lines_build_train_and_predict(tmp_path: Path) -> None:
    (code,) = blocks("python")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    *epochs, _ = done.stdout.splitlines()
    assert float(epochs[14].split()[1]) > 0.7


def test_the_yaml_is_a_valid_sweep(tmp_path: Path) -> None:
    (text,) = blocks("yaml")
    (tmp_path / "which-code.yaml").write_text(text)
    assert load_sweep(str(tmp_path / "which-code.yaml")).trials_planned() == 96


def test_every_command_is_documented_and_no_other() -> None:
    table = README.split("## Commands")[1].split("##")[0]
    documented = set()
    for row in table.splitlines():
        if row.startswith("| `"):
            documented |= {
                cell.split()[0] for cell in re.findall(r"`([^`]+)`", row.split(" | ")[0])
            }
    assert documented == set(commands())


def test_every_bundled_sweep_is_documented() -> None:
    for name in bundled():
        assert f"`{name}`" in README


LINES = [line for block in blocks("sh") for line in block.replace("\\\n", "").splitlines()]


@pytest.mark.parametrize("line", LINES)
def test_every_shown_command_and_option_exists(line: str) -> None:
    words = line.split("#")[0].split()
    if words[0] == "make":
        assert f"\n{words[1]}:" in (ROOT / "Makefile").read_text()
        return
    assert words[0] == "spikesweep" and words[1] in commands()
    shown = subprocess.run(
        [sys.executable, "-m", "sweep.cli", words[1], "--help"], capture_output=True, text=True
    ).stdout
    for option in (word for word in words if word.startswith("-")):
        assert option in shown


def test_imports_go_one_way() -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_top_level_is_as_agreed() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    allowed = {"sweep", "snn", "analysis", "tests", "docker", ".ci", ".gitignore", "Makefile"}
    allowed |= {"pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", "constraints.txt"}
    assert {path.split("/")[0] for path in listed} <= allowed


def test_help_is_quick_to_import_because_it_imports_little() -> None:
    code = "import sweep.cli, sys; print([m for m in sys.modules if m in sys.argv[1:]])"
    heavy = ["torch", "ray", "mlflow", "optuna", "pandas", "matplotlib", "sklearn"]
    done = subprocess.run([sys.executable, "-c", code, *heavy], capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
