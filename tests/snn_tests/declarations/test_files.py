"""Python files of users: loaded by their bytes, refused in one line, kept with a launch."""

import subprocess
import sys
from pathlib import Path

import pytest

from snn.declarations import files as plugin_files
from snn.declarations.keys import Key, PluginError


def written(folder: Path, text: str | bytes, name: str = "mine.py") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_loading_a_file_needs_no_torch() -> None:
    code = "import sys, snn.declarations.files; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_the_same_bytes_run_once_and_other_bytes_are_another_module(tmp_path: Path) -> None:
    first = plugin_files.load_file(written(tmp_path / "a", "VALUE = [1]"))
    again = plugin_files.load_file(written(tmp_path / "b", "VALUE = [1]"))
    other = plugin_files.load_file(written(tmp_path / "c", "VALUE = [2]"))
    assert again is first
    assert first.VALUE == [1]
    assert other.VALUE == [2]
    assert plugin_files.loaded(first.plugin_file.digest) is first


def test_a_name_hides_no_installed_package(tmp_path: Path) -> None:
    import json

    hidden = plugin_files.load_file(written(tmp_path, "import math\nVALUE = math.pi", "json.py"))
    assert hidden.VALUE == pytest.approx(3.14159, abs=1e-5)
    assert sys.modules["json"] is json


def test_classes_of_a_file_can_be_dataclasses(tmp_path: Path) -> None:
    text = "from dataclasses import dataclass\n@dataclass\nclass Point:\n    x: 'int' = 1\n"
    assert plugin_files.load_file(written(tmp_path, text)).Point().x == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\nif x\n    pass\n", "mine.py:2: is no Python: expected ':'"),
        (b"x = '\xff'\n", "mine.py:1: is no Python"),
        (b"x = 1\0\n", "mine.py: is no Python"),
        ("import nothing_of_this_name\n", "mine.py:1: ModuleNotFoundError: No module named"),
        ("def f():\n    return 1 / 0\n\nf()\n", "mine.py:2: ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)\n", "mine.py:1: SystemExit: 3"),
        ("raise ValueError\n", "mine.py:1: ValueError: without a message"),
        ("raise ValueError('a\\nb')\n", "mine.py:1: ValueError: a"),
        ("KEYS = ['width']\n", "mine.py: KEYS: must be a list of"),
    ],
)
def test_a_file_that_cannot_be_loaded_is_one_line_with_its_line(
    tmp_path: Path, text: str | bytes, said: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(PluginError) as caught:
        plugin_files.load_file(path)
    assert str(path.parent / said) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert plugin_files.loaded(plugin_files.read_file(path).digest) is None


def test_what_is_no_python_file_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "folder.py"
    folder.mkdir()
    large = written(tmp_path, b"#" * (2**20 + 1), "large.py")
    for path, said in [
        (tmp_path / "none.py", "no such file"),
        (folder, "is a folder"),
        (written(tmp_path, "", "text.txt"), "must end in .py"),
        (large, "at most 1048576"),
    ]:
        with pytest.raises(PluginError, match=said):
            plugin_files.load_file(path)


def test_kept_files_load_where_the_first_is_gone_or_changed(tmp_path: Path) -> None:
    first = written(tmp_path / "a", "VALUE = 'kept'")
    other = written(tmp_path / "b", "VALUE = 'other'")
    files = [plugin_files.read_file(path) for path in (first, other)]
    plugin_files.keep(files, tmp_path / "launch")
    first.write_text("VALUE = 'changed'")
    found = plugin_files.load_kept(tmp_path / "launch")
    assert {module.VALUE for module in found} == {"kept", "other"}
    assert plugin_files.kept(tmp_path / "nowhere") == []


def test_a_changed_copy_is_refused(tmp_path: Path) -> None:
    file = plugin_files.read_file(written(tmp_path, "VALUE = 'as it was kept'"))
    plugin_files.keep([file], tmp_path / "launch")
    (copy,) = (tmp_path / "launch").glob("*/*.py")
    copy.write_text("VALUE = 'changed'")
    with pytest.raises(PluginError, match="was changed since it was kept"):
        plugin_files.load_kept(tmp_path / "launch")


def test_a_key_takes_what_it_declares() -> None:
    width = Key("width", int, 64, low=1, high=128)
    assert width.checked(128) == 128
    for value, said in [(0, "must be at least 1"), (129, "at most 128"), (True, "true")]:
        with pytest.raises(ValueError, match=said):
            width.checked(value)
    with pytest.raises(ValueError, match="finite"):
        Key("leak", float, 0.5).checked(float("nan"))
    kind = Key("kind", str, "a", choices=("a", "b"))
    assert kind.checked("b") == "b"
    with pytest.raises(ValueError, match="'a' or 'b'"):
        kind.checked("c")
    assert Key("flag", bool, False).checked(True) is True


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("a-b", int, 1), "a name has letters"),
        (("a", list, []), "its type must be"),
        (("a", int, 0, 1), "its default or a choice"),
        (("a", str, "x", 1), "only numbers"),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(
    given: tuple[object, ...], said: str
) -> None:
    with pytest.raises(PluginError, match=said):
        Key(*given)  # type: ignore[arg-type]
