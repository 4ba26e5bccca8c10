"""As many trials run at once as there is memory for; what memory killed comes back alone."""

from __future__ import annotations

from sweep.cluster.memory import Memory, peak_memory
from tests.sweep_tests.workplace import Workplace

GIB = 2**30


def test_what_the_largest_trial_took_decides_how_many_fit() -> None:
    memory = Memory()
    assert memory.room(16 * GIB) == 16  # a guess, before any has run
    memory.report(0.5 * GIB)
    assert memory.room(16 * GIB) == 32
    memory.report(4 * GIB)
    memory.report(1 * GIB)
    assert memory.room(16 * GIB) == 4
    assert memory.room(1 * GIB) == 1  # one may always try


def test_a_trial_that_memory_killed_runs_alone_and_fewer_run_afterwards() -> None:
    memory = Memory()
    assert memory.limit > 1000
    assert memory.fits("a")
    memory.kill("a", running=4)
    assert memory.limit == 1
    memory.kill("b", running=3)
    memory.end("a")
    assert memory.limit == 1  # b is to come back alone, too
    memory.end("b")
    assert memory.limit == 2


def test_a_trial_that_memory_killed_although_it_was_alone_does_not_fit() -> None:
    memory = Memory()
    memory.kill("a", running=1)
    assert not memory.fits("a")
    memory.end("a")
    assert memory.limit == 1


def test_the_memory_of_a_process_is_measured_in_bytes() -> None:
    before = peak_memory()
    held = bytearray(200 * 2**20)
    held[::4096] = b"1" * len(held[::4096])
    assert 150 * 2**20 < peak_memory() - before < 400 * 2**20 or before > 300 * 2**20


def test_a_trial_that_ray_kills_for_memory_even_alone_fails_with_that_reason(
    place: Workplace,
) -> None:
    spec = place.spec(search={"dynamics": ["lif"]}, sampler="grid", trials=None, max_failures=0)
    driver = place.start(
        *("run", spec),
        RAY_memory_usage_threshold="0.001",
        RAY_memory_monitor_refresh_ms="200",
    )
    code = driver.wait(timeout=200)
    said = (place.folder / "log").read_text()
    assert code == 1, said
    assert "comes back alone" in said
    assert "this trial alone takes more memory than there is" in said
    assert "None" not in said
