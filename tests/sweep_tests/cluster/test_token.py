"""A Ray that is started here is for its starter alone: nobody else can read its token."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sweep.cluster.token import give_token

CONNECT = """
import os
from sweep.cluster import connection
from sweep.spec.sections.resources import Resources
outside = dict(os.environ)
for _ in range(2):
    with connection.connected(Resources(), None):
        print(len(os.environ["RAY_AUTH_TOKEN"]))
    os.environ.clear()
    os.environ.update(outside)
"""


def test_each_start_in_a_process_has_a_token_of_its_own_in_no_file(tmp_path: Path) -> None:
    outside = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    done = subprocess.run(
        [sys.executable, "-c", CONNECT],
        env=outside | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=250,
    )
    assert (done.returncode, done.stdout) == (0, "64\n64\n"), done.stderr
    assert list(tmp_path.rglob("auth_token")) == []


def test_every_token_is_new_and_one_that_is_given_is_kept() -> None:
    first, second = dict[str, str](), dict[str, str]()
    give_token(first)
    give_token(second)
    assert len(first["RAY_AUTH_TOKEN"]) == 64 and first != second
    for given in (
        {"RAY_AUTH_MODE": "disabled"},
        {"RAY_AUTH_TOKEN": "secret"},
        {"RAY_AUTH_TOKEN_PATH": "/run/secrets/ray"},
    ):
        environment = dict(given)
        give_token(environment)
        assert environment == given
