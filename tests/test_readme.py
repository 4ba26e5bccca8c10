"""The README says what is so: its Python runs, its YAML is valid, what it names is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from sweep.spec.sources import load_sweep

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_it_is_short() -> None:
    assert len(README.splitlines()) < 250


def test_the_ten_lines_build_train_and_predict(tmp_path: Path) -> None:
    (code,) = (block for block in blocks("python") if block.startswith("import snn\n"))
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


def test_what_it_names_to_change_is_there() -> None:
    rows = README.split("## Where to change what")[1].splitlines()
    answers = [row.split(" | ")[1] for row in rows if row.startswith("| ") and "`" in row]
    assert len(answers) >= 13
    for answer in answers:
        for found in re.finditer(r"`([a-z_/]+(?:/|\.py))`(?:: `(\w+)(?:\.(\w+))?`)?", answer):
            path, *names = found.groups()
            assert (ROOT / path).exists(), path
            for name in filter(None, names):
                assert re.search(rf"^\s*(def |class )?{name}\b", (ROOT / path).read_text(), re.M)


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
    allowed |= {"CONTRIBUTING.md", "SECURITY.md", "CITATION.cff", ".pre-commit-config.yaml"}
    assert {path.split("/")[0] for path in listed} <= allowed


def test_help_is_quick_to_import_because_it_imports_little() -> None:
    code = "import sweep.cli, sys; print([m for m in sys.modules if m in sys.argv[1:]])"
    heavy = ["torch", "ray", "mlflow", "optuna", "pandas", "matplotlib", "sklearn"]
    done = subprocess.run([sys.executable, "-c", code, *heavy], capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
