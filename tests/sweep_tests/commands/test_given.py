"""What a command was given: the sweep that it makes, and the command that resumes it."""

from __future__ import annotations

import shlex
from pathlib import Path

from sweep.commands.parts.given import Given
from tests.sweep_tests.spec.written import GOOD, write


def test_the_command_that_resumes_has_all_options_that_change_the_sweep(tmp_path: Path) -> None:
    spec = write(tmp_path, GOOD)
    given = Given(spec, ["epochs=3", "hidden=[8, 8]"], ["lr"], trials=1)
    words = shlex.split(given.resuming("run"))
    assert words[:3] == ["spikesweep", "run", spec] and words[-1] == "--resume"
    options = list(zip(words[3:-1:2], words[4:-1:2], strict=True))
    assert options == [
        ("--set", "epochs=3"),
        ("--set", "hidden=[8, 8]"),
        ("--unset", "lr"),
        ("--trials", "1"),
    ]
    sweep = given.sweep()
    assert (sweep.base["epochs"], sweep.base["hidden"]) == (3, [8, 8])
    assert (list(sweep.search), sweep.trials) == (["dynamics"], 1)
    elsewhere = Given("my file.yaml", plugin=["my neuron.py"], address="ray://head:1")
    assert shlex.split(elsewhere.resuming("run"))[2:-1] == [
        *("my file.yaml", "--plugin", "my neuron.py", "--address", "ray://head:1")
    ]
    assert Given("-").resuming("run") == "the same command and --resume"
