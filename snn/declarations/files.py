"""Python files of users: read, loaded as modules, kept with a launch. Imports no torch.

A file is known by its digest, the SHA-256 of its bytes. It is loaded as a module under a name made
of the digest. So two files of one name do not collide, a changed file is another module, and the
same bytes run once in a process, wherever they were read.

A file is whole by itself: it can import what is installed, but no file beside it, since it travels
to other machines alone. `KEYS` in it declares configuration keys of its own:

    KEYS = [Key("leak", float, 0.9, low=0, high=1, description="decay of a potential per step")]
"""

from __future__ import annotations

import hashlib
import sys
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, TypeAlias

from snn.declarations.keys import Key, PluginError

if TYPE_CHECKING:
    from upath import UPath

_Place: TypeAlias = "Path | UPath"
_LARGEST = 2**20  # bytes: it is code, and no data
_DIGITS = 16  # of the digest, in names
_MODULE = "spikesweep_plugin_"
_NO_REASON = "without a message"


@dataclass(frozen=True)
class PluginFile:
    """The bytes of a user's file, and its name without folders."""

    name: str
    content: bytes

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the bytes, 64 hex digits."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def short_digest(self) -> str:
        """The first 16 digits, which stand in names."""
        return self.digest[:_DIGITS]


class PluginModule(ModuleType):
    """A user's file as a module, which knows the file and the keys that it declares."""

    plugin_file: PluginFile
    plugin_keys: tuple[Key, ...]


def read_file(path: _Place | str) -> PluginFile:
    """Read a file; nothing of it runs.

    Raises:
        PluginError: There is none, it cannot be read, or it is no Python file by name and size.
    """
    place = Path(path) if isinstance(path, str) else path
    if place.suffix != ".py":
        raise PluginError(f"{path}: is no Python file; its name must end in .py")
    try:
        content = place.read_bytes()
    except FileNotFoundError:
        raise PluginError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise PluginError(f"{path}: is a folder; a plugin is one Python file") from None
    except (OSError, ValueError) as error:
        raise PluginError(f"{path}: cannot be read: {_reason(error)}") from None
    if len(content) > _LARGEST:
        raise PluginError(f"{path}: has {len(content)} bytes; a plugin has at most {_LARGEST}")
    return PluginFile(place.name, content)


def load_file(path: _Place | str) -> PluginModule:
    """Read a file and load it.

    Raises:
        PluginError: See `read_file` and `load`.
    """
    return load(read_file(path), str(path))


def load(file: PluginFile, shown: str = "") -> PluginModule:
    """Run a file as a module, once in this process; the module, known by the file's digest.

    Args:
        file: The file.
        shown: What it is called in errors; by default its name.

    Raises:
        PluginError: It is no Python, raises an error while it is imported (both with the line), or
            declares keys that contradict themselves.
    """
    known = loaded(file.digest)
    if known is not None:
        return known
    shown = shown or file.name
    source = f"{file.name} ({file.short_digest})"  # in tracebacks; no other file is called so
    module = PluginModule(_MODULE + file.short_digest)
    module.plugin_file, module.__file__ = file, source
    try:
        code = compile(file.content, source, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise PluginError(_about_syntax(shown, error)) from None
    sys.modules[module.__name__] = module  # dataclasses and pickle look there
    try:
        exec(code, module.__dict__)
        module.plugin_keys = _declared_keys(module)
    except KeyboardInterrupt:
        del sys.modules[module.__name__]
        raise
    except BaseException as error:  # whatever a user's code may raise, exits included
        del sys.modules[module.__name__]
        raise PluginError(about(error, source, shown)) from None
    return module


def loaded(digest: str) -> PluginModule | None:
    """The module of a file that runs in this process, by its digest or 16 digits of it."""
    module = sys.modules.get(_MODULE + digest[:_DIGITS])
    return module if isinstance(module, PluginModule) else None


def about(error: BaseException, source: str, shown: str) -> str:
    """What a user's code raised, in one line: file, line of that file, kind and message.

    Args:
        error: What was raised.
        source: The module's `__file__`.
        shown: What the file is called.
    """
    frames = traceback.extract_tb(error.__traceback__)
    line = next((f":{frame.lineno}" for frame in reversed(frames) if frame.filename == source), "")
    if isinstance(error, PluginError):
        return f"{shown}{line}: {error}"
    return f"{shown}{line}: {type(error).__name__}: {_reason(error)}"


def keep(files: Iterable[PluginFile], folder: _Place) -> None:
    """Write copies of files into a folder, from which `load_kept` loads them.

    Raises:
        OSError: It cannot be written.
    """
    for file in files:
        place = folder / file.short_digest
        place.mkdir(parents=True, exist_ok=True)
        (place / file.name).write_bytes(file.content)


def kept(folder: _Place) -> list[PluginFile]:
    """The copies in a folder, in the order of their names; none where there is no folder.

    Raises:
        PluginError: A copy is no longer what was kept.
    """
    places: list[_Place] = list(folder.iterdir()) if folder.is_dir() else []
    files: list[_Place] = []
    for place in places:
        files += place.iterdir() if place.is_dir() else []
    found = []
    for path in sorted(files, key=lambda path: (path.name, path.parent.name)):
        if path.suffix != ".py":
            continue
        file = read_file(path)
        if file.short_digest != path.parent.name:
            raise PluginError(f"{path}: was changed since it was kept; restore it")
        found.append(file)
    return found


def load_kept(folder: _Place) -> list[PluginModule]:
    """Load the copies in a folder.

    Raises:
        PluginError: See `kept` and `load`.
    """
    return [load(file) for file in kept(folder)]


def _declared_keys(module: PluginModule) -> tuple[Key, ...]:
    keys = getattr(module, "KEYS", ())
    if not isinstance(keys, list | tuple) or not all(isinstance(key, Key) for key in keys):
        raise PluginError("KEYS: must be a list of snn.registry.Key")
    names = [key.name for key in keys]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise PluginError(f"KEYS: {twice} is declared twice")
    return tuple(keys)


def _about_syntax(shown: str, error: Exception) -> str:
    if isinstance(error, SyntaxError):
        line = f":{error.lineno}" if error.lineno else ""
        return f"{shown}{line}: is no Python: {error.msg}"
    return f"{shown}: is no Python: {_reason(error)}"


def _reason(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return (str(text).strip() or _NO_REASON).splitlines()[0]
