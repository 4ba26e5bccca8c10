"""How a process ends whose work is done."""

from __future__ import annotations

import subprocess
import sys

_PROGRAM = """
import atexit, threading, time
from sweep.host import ending

ending.end_at_once()

class Large:
    def __del__(self):
        print("freed")

kept = Large()
atexit.register(print, "what a library does at the end")
threading.Thread(target=lambda: (time.sleep(0.2), print("what a thread does"))).start()
print("no end of the line", end="; ")
{end}
"""


def _ended(end: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-c", _PROGRAM.format(end=end)]
    return subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)


def test_all_is_done_and_written_and_the_process_is_not_taken_apart() -> None:
    ended = _ended("ending.end_process(3)")
    assert (ended.returncode, ended.stderr) == (3, "")
    assert ended.stdout == (
        "no end of the line; what a thread does\nwhat a library does at the end\n"
    )


def test_an_error_that_nobody_expected_is_shown_by_python() -> None:
    ended = _ended("1 / 0")
    assert ended.returncode == 1 and "ZeroDivisionError" in ended.stderr
    assert ended.stdout.endswith("freed\n")
