"""Every path becomes an address by one function, and every address a path or a text to show."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy
from hypothesis import example, given
from hypothesis import strategies as st
from mlflow.store.artifact.local_artifact_repo import LocalArtifactRepository
from mlflow.utils.uri import append_to_uri_path

from analysis.errors import AnalysisError
from analysis.text.addresses import (
    artifact_address,
    artifacts_of,
    bare,
    local_path,
    secrets_in,
    shown,
    sqlite_path,
    sqlite_url,
)

_SIGNS = "%?#[]{}'\";\\&=+@:$!*~- \n\tab2Fé字"
FOLDERS = st.text(_SIGNS, min_size=1, max_size=12).filter(lambda name: name.strip("."))
HOSTILE = ["50%25 done", "%2Fetc", "br[1]{x}", "what?", "a#b", "-rf", "%%", "é?%3F"]


def hostile(test: object) -> object:
    """The names that were found, beside what is drawn."""
    for name in HOSTILE:
        test = example(name)(test)
    return test


@hostile
@given(FOLDERS)
def test_a_database_is_opened_at_its_path_and_nowhere_else(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    root = tmp_path_factory.mktemp("root")
    file = root / name / "x.db"
    file.parent.mkdir()
    url = sqlite_url(file)
    assert sqlite_path(url) == file
    assert "{" not in url  # Optuna fills in what stands in braces
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("create table here (x integer)"))
    engine.dispose()
    assert sqlite_path(str(sqlalchemy.make_url(url))) == file  # as MLflow hands it to Alembic
    assert [path for path in root.rglob("*") if path.is_file()] == [file]
    with sqlite3.connect(file) as there:
        assert there.execute("select name from sqlite_master").fetchall() == [("here",)]


@hostile
@given(FOLDERS)
def test_mlflow_finds_artifacts_at_their_path(name: str) -> None:
    folder = Path("/x") / name / "mlruns"
    address = artifact_address(folder)
    assert local_path(address) == folder
    of_run = append_to_uri_path(address, "run", "artifacts")
    assert Path(LocalArtifactRepository(of_run).artifact_dir) == folder / "run" / "artifacts"


def test_a_plain_path_is_its_own_address() -> None:
    assert sqlite_url(Path("/home/ann/my sweeps/mlflow.db")) == (
        "sqlite:////home/ann/my sweeps/mlflow.db"
    )
    assert artifact_address(Path("/home/ann/mlruns")) == "/home/ann/mlruns"


@pytest.mark.parametrize(
    "url",
    ["sqlite:///m.db", "sqlite:///m.db?timeout=60", "sqlite+pysqlite:///m.db", "sqlite:///./m.db"],
)
def test_a_store_is_the_same_however_it_is_opened(url: str) -> None:
    assert sqlite_path(url) == Path("m.db").absolute()
    assert bare(url) == sqlite_url(Path("m.db"))


def test_a_sqlite_address_of_its_own_uri_names_the_file() -> None:
    assert sqlite_path("sqlite:///file:/a%253Fb/m.db?mode=ro&uri=true") == Path("/a?b/m.db")


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "postgresql://h/db", "mlruns"])
def test_other_addresses_name_no_sqlite_file(url: str) -> None:
    assert sqlite_path(url) is None


@pytest.mark.parametrize("experiment", ["small", "..", "../../x", "a/b", "50%25"])
def test_artifacts_of_an_experiment_stay_beside_the_store(experiment: str) -> None:
    address = artifacts_of("sqlite:////here/mlflow.db", experiment)
    assert address is not None
    folder = local_path(address)
    assert folder is not None
    assert folder.parent == Path("/here/mlruns")
    assert ".." not in folder.parts


def test_a_path_that_is_not_utf8_is_refused_in_one_line() -> None:
    with pytest.raises(AnalysisError, match="its name is not UTF-8"):
        sqlite_url(Path("/x\udcff/mlflow.db"))


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("postgresql://ann:hidden@h:5432/db", "postgresql://ann:***@h:5432/db"),
        ("postgresql://ann:hid%40den@h/db", "postgresql://ann:***@h/db"),
        ("postgresql://ann:hid@d/e#n?@h/db", "postgresql://ann:***@h/db"),
        ("postgresql://h/db?user=ann&password=hidden", "postgresql://h/db?user=ann&password=***"),
        ("postgresql://h/db?sslmode=require", "postgresql://h/db?sslmode=require"),
        ("postgresql://h/db?sslpassword=hidden", "postgresql://h/db?sslpassword=***"),
        ("https://hidden@h/mlflow", "https://***@h/mlflow"),
        ("https://h/x?X-Amz-Signature=hidden", "https://h/x?X-Amz-Signature=***"),
        ("https://h/x#access_token=hidden", "https://h/x#***"),
        ("https://h/#/experiments/1", "https://h/#/experiments/1"),
        ("s3://KEY:hid/den+@bucket/a", "s3://KEY:***@bucket/a"),
        ("s3://bucket/a@b", "s3://bucket/a@b"),
        ("redis://:hidden@h:6379", "redis://:***@h:6379"),
        ("ann:hidden@head:6379", "ann:***@head:6379"),
        ("http://[::1]:5000", "http://[::1]:5000"),
        ("sqlite:////a/what%3F/m.db?timeout=60", "sqlite:////a/what%3F/m.db?timeout=60"),
        ("/a/what?/m.db", "/a/what?/m.db"),
    ],
)
def test_an_address_is_shown_without_its_secrets(address: str, told: str) -> None:
    assert shown(address) == told
    assert shown(told) == told
    assert all("hid" in secret for secret in secrets_in(address))


_WORDS = st.text("abcXYZ019%@:/?#&=+ é", min_size=1, max_size=10)


@given(
    st.sampled_from(["postgresql", "http", "s3", "redis", "mysql+pymysql"]),
    _WORDS.map(lambda word: f"§{word}§"),
)
def test_no_password_is_shown_quoted_or_not(scheme: str, password: str) -> None:
    told = shown(f"{scheme}://ann:{password}@host:1/db")
    assert told == f"{scheme}://ann:***@host:1/db"
