"""Addresses for libraries from paths, paths from addresses, and addresses that may be shown.

A path is no address as it stands: SQLAlchemy ends a file's name at `?` and reads `%` as the begin
of a quotation, MLflow reads `%` in artifact locations, Optuna reads `{}`. So every path becomes an
address here, and every address that means a file becomes a path here.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit
from urllib.request import url2pathname

from analysis.errors import AnalysisError

STORE_ENV = "MLFLOW_TRACKING_URI"
ARTIFACTS = "mlruns"
"""Folder of the artifacts beside a SQLite store: MLflow's own name for it."""

_HIDDEN = "***"
_TO_QUOTE = re.compile(r"[^\w/ +.~-]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
# What may be read in the options of an address. All else may be a secret: new ones are invented.
_PLAIN_OPTIONS = frozenset(
    "application_name charset client_encoding connect_timeout dbname driver host mode port region "
    "sslmode timeout uri user viewstatesharekey workflowtype".split()
)


def tracking_uri() -> str:
    """The MLflow store that MLFLOW_TRACKING_URI names, or `mlflow.db` in the working directory.

    Raises:
        AnalysisError: The working directory has a name that no database can be opened in.
    """
    return os.environ.get(STORE_ENV) or sqlite_url(Path("mlflow.db"))


def sqlite_url(file: Path) -> str:
    """The address of a SQLite file, for SQLAlchemy, MLflow and Optuna; always absolute.

    Raises:
        AnalysisError: The path is not UTF-8, which SQLAlchemy cannot open.
    """
    path = str(file.absolute())
    try:
        path.encode()
    except UnicodeEncodeError:
        shown_path = os.fsencode(path).decode(errors="replace")
        raise AnalysisError(
            f"{shown_path}: no database opens here: its name is not UTF-8"
        ) from None
    quoted = _TO_QUOTE.sub(lambda sign: quote(sign[0], safe=""), path)
    # MLflow makes the folder of what follows `sqlite:///`, quoted as it stands. With the driver
    # named, it leaves that to us.
    return f"{'sqlite' if quoted == path else 'sqlite+pysqlite'}:///{quoted}"


def sqlite_path(url: str) -> Path | None:
    """The file that an address names, absolute; None if it is not that of a SQLite file."""
    scheme, slashes, rest = url.partition(":///")
    if not slashes or scheme.partition("+")[0] != "sqlite":
        return None
    database, _, options = rest.partition("?")
    database = unquote(database)
    if database.startswith("file:") and "uri" in parse_qs(options):
        database = unquote(urlsplit(database).path)
    return Path(database).absolute() if database not in ("", ":memory:") else None


def artifact_address(path: Path) -> str:
    """The address of a folder of artifacts, for MLflow: its path where that needs no quotation."""
    absolute = path.absolute()
    return absolute.as_uri() if _TO_QUOTE.search(str(absolute)) else str(absolute)


def local_path(address: str) -> Path | None:
    """The path that a `file:` address or an absolute path names; None for any other address."""
    if address.startswith("file:"):
        parts = urlsplit(address.replace("?", "%3F").replace("#", "%23"))
        return Path(url2pathname(parts.path))
    return Path(address) if address.startswith("/") else None


def artifacts_of(uri: str, experiment: str) -> str | None:
    """Where the artifacts of a new experiment go: beside a SQLite store, else as MLflow chooses."""
    database = sqlite_path(uri)
    if database is None:
        return None
    folder = quote(experiment, safe=" ") if experiment.strip(".") else "_"
    return artifact_address(database.parent / ARTIFACTS / folder)


def shown(address: str) -> str:
    """An address as people may see it: no password, no token, no option that could be one."""
    scheme, user, rest, options = _parts(address)
    secret = _secret_of(scheme, user)
    who = f"{user.removesuffix(secret)}{_HIDDEN if secret else ''}@" if user else ""
    place, sign, fragment = rest.partition("#") if _is_remote(scheme) else (rest, "", "")
    anchor = sign + (_HIDDEN if "=" in fragment else fragment)
    told = "?" + "&".join(map(_shown_option, options.split("&"))) if options else ""
    return f"{scheme}{who}{place}{anchor}{told}"


def bare(address: str) -> str:
    """An address without user and options.

    Two addresses of the same store are the same then; those of files are absolute.
    """
    file = sqlite_path(address)
    if file is not None:
        return sqlite_url(file)
    scheme, _, rest, _ = _parts(address)
    if not _is_remote(scheme):
        return str((local_path(address) or Path(address)).absolute())
    return scheme + rest.partition("#")[0].rstrip("/")


def secrets_in(address: str) -> set[str]:
    """What `shown` hides of an address, as it stands there and unquoted."""
    scheme, user, _, options = _parts(address)
    found = {_secret_of(scheme, user)}
    for option in options.split("&"):
        name, _, value = option.partition("=")
        found |= {value} if name.lower() not in _PLAIN_OPTIONS else set()
    return {text for secret in found if secret for text in (secret, unquote(secret))}


def _parts(address: str) -> tuple[str, str, str, str]:
    """Scheme with its slashes, user with password, the place, and the options."""
    match = _SCHEME.match(address)
    scheme = match[0] if match else ""
    whole = address[len(scheme) :]
    if not _is_remote(scheme) and ("@" not in whole or ":" not in whole.partition("@")[0]):
        place, _, options = whole.partition("?") if scheme else (whole, "", "")
        return scheme, "", place, options
    end = _end_of_user(whole)
    place, _, options = whole[end + 1 if end else 0 :].partition("?")
    return scheme, whole[:end], place, options


def _secret_of(scheme: str, user: str) -> str:
    """The password of `user:password`; of a web server, a user alone is a token."""
    name, colon, password = user.partition(":")
    return password if colon else name if scheme.startswith("http") else ""


def _is_remote(scheme: str) -> bool:
    return bool(scheme) and not scheme.startswith(("file:", "sqlite"))


def _end_of_user(whole: str) -> int:
    """Where user and password end in an address without its scheme; 0 where there are none.

    A password may hold signs that ought to be quoted: so all to the last `@` is taken for it.
    """
    authority = re.split(r"[/#?]", whole, maxsplit=1)[0]
    port = re.sub(r"\[.*\]", "", authority).partition(":")[2]
    has_user = "@" in authority or (port and not port.isdigit())
    return max(0, whole.rfind("@")) if has_user else 0


def _shown_option(option: str) -> str:
    name, equals, _ = option.partition("=")
    if not equals:
        return _HIDDEN
    return option if name.lower() in _PLAIN_OPTIONS else f"{name}={_HIDDEN}"
