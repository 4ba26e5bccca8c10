"""A Ray that is started here is for its starter alone: its token and its ports."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sweep.ray_token import give_token

CONNECT = """
from sweep import cluster
from sweep.spec import Resources
with cluster.connected(Resources(), None):
    import ray
    print(ray.nodes()[0]["NodeManagerAddress"])
"""


def test_its_token_is_in_no_file_and_it_listens_on_loopback(tmp_path: Path) -> None:
    outside = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    done = subprocess.run(
        [sys.executable, "-c", CONNECT],
        env=outside | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=250,
    )
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.rglob("auth_token")) == []
    assert done.stdout == "127.0.0.1\n"


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
