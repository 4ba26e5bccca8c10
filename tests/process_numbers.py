"""Processes whose numbers a test can choose: a machine uses every number again and again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
APART = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child"]
TOOLS = """
import subprocess
from pathlib import Path

def sleeper(number=None):
    if number is not None:
        Path("/proc/sys/kernel/ns_last_pid").write_text(str(number - 1))
    process = subprocess.Popen(["/bin/sleep", "60"], start_new_session=True)
    assert number in (None, process.pid)
    return process
"""


def run_apart(program: str) -> str:
    """Run a program that sees no process but its own; what it printed.

    It has `sleeper(number)`, which starts a process in a session of its own, with that number.
    """
    if subprocess.run([*APART, "true"], capture_output=True).returncode:
        assert not os.environ.get("CI"), "no process namespaces here"
        pytest.skip("this user may not make a process namespace")
    done = subprocess.run(
        [*APART, sys.executable, "-c", TOOLS + program],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'docker'}"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
