"""Train a Norse and a SpikingJelly network on digits with our spikes, killed and resumed.

    .venv-bench/bin/python -m tests.benchmarks.own_networks

The exit code is 0 if each has the numbers of an undisturbed training, bit for bit, and has learned.
"""

from __future__ import annotations

import signal
import sys
import tempfile
from pathlib import Path

from tests.sweep_tests.workplace import Workplace, stop, wait_until

PEERS = Path(__file__).parent / "peers"
EPOCHS = 8
SETTINGS = {
    "dataset": "digits",
    "epochs": EPOCHS,
    "n_steps": 20,
    "encoding": "constant",
    "lr": 0.01,
}
LEARNED = 0.3  # test accuracy; chance is 0.1


def main() -> int:
    """Print a line per network."""
    return 0 if all([_same(name) for name in ("norse_network", "spikingjelly_network")]) else 1


def _same(name: str) -> bool:
    values = SETTINGS | {"network": f"{PEERS / name}.py:build"}
    command = ["train", *(part for k, v in values.items() for part in ("--set", f"{k}={v}"))]
    with tempfile.TemporaryDirectory() as whole, tempfile.TemporaryDirectory() as killed:
        undisturbed = Workplace(Path(whole)).run(*command)
        place = Workplace(Path(killed))
        begun = place.start(*command)
        wait_until(lambda: bool(list(place.folder.glob("ray_results/train/1/trials/*/last.pt"))))
        stop(begun, signal.SIGKILL)
        resumed = place.run(*command)
    if undisturbed.returncode or resumed.returncode:
        print(f"{name}: {undisturbed.stderr or resumed.stderr}")
        return False
    ours, theirs = (done.stdout.splitlines()[:4] for done in (undisturbed, resumed))
    print(f"{name}: {ours[0]}; killed and resumed: {theirs[0]}")
    went_on = "going on after epoch" in resumed.stderr
    return ours == theirs and went_on and float(ours[0].split()[1]) > LEARNED


if __name__ == "__main__":
    sys.exit(main())
