"""The arithmetic of the benchmark, and that it runs; the other libraries are not needed."""

from __future__ import annotations

import json
import subprocess
from functools import partial
from pathlib import Path

import pytest
import torch

from snn.kernels.cpu import threads
from tests.benchmarks import __main__ as command
from tests.benchmarks import contender, epochs, packing, steps, waiting
from tests.benchmarks.measure import exponent, interleaved, summary
from tests.benchmarks.memory import kept_bytes
from tests.benchmarks.packs import Merged, Separate, Wide, trainers
from tests.benchmarks.roofline import Work, work
from tests.benchmarks.settings import Settings
from tests.benchmarks.workload import workload

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.usefixtures("data_root")


def test_an_exponent_is_found() -> None:
    sizes = [1, 2, 4, 8]
    assert exponent(sizes, [3 * size**1.5 for size in sizes]) == pytest.approx(1.5)


def test_times_are_medians_with_quartiles() -> None:
    assert summary([4.0, 1.0, 2.0, 3.0, 5.0]) == (3.0, 2.0, 4.0)
    assert summary([2.0]) == (2.0, 2.0, 2.0)


def test_samples_are_taken_in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.benchmarks.measure._SHORTEST_S", 0.0)
    order: list[str] = []
    interleaved({name: partial(order.append, name) for name in "ab"}, repeats=2)
    assert "".join(order) == "aabb" + "aabb" * 2  # first the length of a sample, then the samples


def test_how_threads_wait_is_changed_where_they_look_it_up() -> None:
    ways = waiting.WAYS
    assert all(getattr(threads, name) is how for name, how in ways["awake"].items())
    assert ways["asleep"].keys() == ways["awake"].keys()


def test_the_least_work_is_that_of_a_small_case_by_hand() -> None:
    least = work(2, 3, (4, 5, 6), recurrent=True, events=7, spikes=8)
    weights = 4 * 5 + 5 * 5 + 5 * 6 + 6
    operations = 2 * 7 * 5 + 24 * 3 * 5 + (2 * 8 * 5 + 2 * 3 * 25) + 2 * 8 * 6 + 2 * 3 * 5 * 6
    operations += 6 * 3 * 6
    traffic = 8 * 3 * 5 + 8 * (7 + 8) + 4
    assert least == Work(2 * operations + 12 * weights, 2 * traffic + 36 * weights)


def test_a_firing_rate_is_reached_and_stays() -> None:
    load = workload(16, hidden=[32]).at_rate(0.05)
    assert load.rate() == pytest.approx(0.05, rel=0.05)
    fast = contender.installed()[contender.OURS](load)
    fast.step()
    after = load._replace(network=fast.network)  # type: ignore[attr-defined]
    assert after.rate() == pytest.approx(load.rate())


def test_both_of_our_contenders_compute_the_same() -> None:
    load = workload(16, hidden=[32], recurrent=True)
    makers = contender.installed()
    logits = [
        makers[name](load).network(load.inputs).logits  # type: ignore[attr-defined]
        for name in (contender.OURS, contender.REFERENCE)
    ]
    torch.testing.assert_close(*logits)


@pytest.mark.parametrize("recurrent", [False, True])
def test_our_kept_state_is_under_9_bytes(recurrent: bool) -> None:
    assert 4 < kept_bytes(workload(256, recurrent=recurrent)) <= 9


def test_a_run_prints_tables_and_writes_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (contender, steps, epochs):
        monkeypatch.setattr(module, "PEERS", {})
    file = tmp_path / "out.json"
    given = ["--quick", "--sections", "training,roofline,events", "--json", str(file)]
    assert command.main(given) == 0
    out = capsys.readouterr().out
    assert "| spikesweep |" in out
    results = json.loads(file.read_text())["results"]
    speeds = results["training"]["Samples/s, training step, feed-forward"]
    assert all(column[contender.OURS]["median"] > 0 for column in speeds.values())
    assert 0 < results["roofline"]["Roofline of a training step"]["recurrent"]["fraction"] < 1
    *_, seconds, memory = results["events"].values()
    assert all(value > 0 for of_network in seconds.values() for value in of_network.values())
    assert 4 < memory["recorded, shared by all trials"] < 5  # bytes an event


def test_packed_networks_learn_what_they_learn_alone() -> None:
    keys = {"hidden": 16, "n_steps": 20, "recurrent": True}
    settings = Settings(quick=True)
    own, same = (trainers(settings, keys, seeds) for seeds in ([0, 1, 2], [0, 0, 0]))
    assert packing.difference(Merged(own), Separate(own)) == 0
    assert packing.difference(Wide(same), Separate(same)) < 1e-6


def test_the_packing_benchmark_prints_its_tables(capsys: pytest.CaptureFixture[str]) -> None:
    packing.main(["--quick", "--pack", "2"])
    out = capsys.readouterr().out
    assert "### A training step of 2 trials of 64 neurons, batch 32, one thread" in out
    one, two = (line for line in out.splitlines() if line.startswith("| latency, T = 20 |"))
    assert one.count(" × (") == 3 and two.count(" × (") == 2


def test_an_unknown_section_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(["--sections", "speed"])
    assert ended.value.code == 2
    assert "'speed' is none of training, inference" in capsys.readouterr().err


def test_what_the_other_libraries_bring_stays_out_of_the_environment_of_the_tests() -> None:
    make = ["make", "--dry-run", "--always-make", "bench"]
    steps = subprocess.run(make, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert ".venv-bench/bin/python -m tests.benchmarks" in steps
    assert ".venv/" not in steps
