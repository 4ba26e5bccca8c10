"""Every service refuses to start without its secrets and settings, in one line."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from native.machine import clean_environment
from native.recipes import SCRIPTS

COMMANDS = sorted(p for p in SCRIPTS.iterdir() if p.suffix == "" and p.name != "healthy")


def required_by(script: Path) -> list[str]:
    """The variables without which a service does not start, in the order in which it asks."""
    lines = script.read_text().replace("\\\n", "").splitlines()
    names: list[str] = []
    for line in lines:
        if line.startswith("required "):
            names += line.split()[1:]
        if "ray.sh" in line:
            names += required_by(SCRIPTS / "ray.sh")
    return names


def run(script: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [script], env=clean_environment() | environment, capture_output=True, text=True, timeout=20
    )


def test_all_are_executable_programs() -> None:
    assert len(COMMANDS) == 8
    for script in (*COMMANDS, SCRIPTS / "healthy", SCRIPTS.parent / "make-env"):
        assert os.access(script, os.X_OK) and script.read_text().startswith("#!/usr/bin/env ")


@pytest.mark.parametrize(
    ("script", "name"),
    [pytest.param(s, name, id=f"{s.name}-{name}") for s in COMMANDS for name in required_by(s)],
)
@pytest.mark.parametrize("missing", ["unset", "empty"])
def test_a_missing_setting_is_refused(script: Path, name: str, missing: str) -> None:
    given = dict.fromkeys(required_by(script), "x")
    del given[name]
    refused = run(script, **given, **({name: ""} if missing == "empty" else {}))
    assert refused.returncode == 2
    assert refused.stderr == (
        f"{script.name}: {name} is missing or empty; docker/.env.example explains it\n"
    )


def test_redis_is_not_used_without_its_password() -> None:
    given = dict.fromkeys(required_by(SCRIPTS / "ray-head"), "x")
    refused = run(SCRIPTS / "ray-head", **given, RAY_REDIS_ADDRESS="127.0.0.1:1")
    assert refused.returncode == 2 and "RAY_REDIS_PASSWORD" in refused.stderr


def test_no_secret_is_on_a_command_line() -> None:
    for script in COMMANDS:
        for line in script.read_text().replace("\\\n", "").splitlines():
            if line.startswith("exec "):
                assert not re.search(r"\$\{?\w*(PASSWORD|SECRET|TOKEN)", line)


def test_make_env_gives_every_secret_a_value_of_its_own(tmp_path: Path) -> None:
    for name in ("make-env", ".env.example"):
        (tmp_path / name).write_bytes((SCRIPTS.parent / name).read_bytes())
    for expected in (0, 2):  # the second time, the secrets are in use
        done = subprocess.run(["bash", tmp_path / "make-env"], capture_output=True)
        assert done.returncode == expected
    made = tmp_path / ".env"
    values = re.findall(r"^[A-Z_]+=(.*)$", made.read_text(), flags=re.MULTILINE)
    assert len(set(values)) == len(values) == 7 and all(len(value) == 48 for value in values)
    assert made.stat().st_mode & 0o077 == 0
