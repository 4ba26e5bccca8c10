"""What the terminal is told while a sweep runs."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

import pytest
from rich.console import Console

from analysis.records import State
from sweep.host.console import duration
from sweep.methods.constraints import Constraint
from sweep.run.display.best import Best
from sweep.run.display.board import Board
from sweep.run.display.progress import FIRST_EPOCH, WORKERS, Progress, progress_in
from sweep.run.display.running import Running
from sweep.run.display.screens import Notebook


def progress_of(seeds: int = 1, limits: Sequence[Constraint] = ()) -> Progress:
    return Progress(4, "val_accuracy", Best("val_accuracy", "max", seeds, limits))


def board(terminal: bool) -> tuple[Board, io.StringIO]:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=120)
    return Board(progress_of(), console), out


def reached(value: float, synops: float = 0.0) -> dict[str, float]:
    return {"best_val_accuracy": value, "best_synops_per_inference": synops}


def report(value: float) -> dict[str, float]:
    return {"val_accuracy": value}


def test_plain_lines_count_what_became_of_the_trials() -> None:
    view, out = board(terminal=False)
    with view:
        for key in "abcd":
            view.begin(key, f"trial {key}", epochs=2)
            view.epoch(key, report(0.5), epoch=1)
        for key, value in (("a", 0.9), ("d", 0.95)):
            view.progress.best.add(key, key, f"trial {key}", reached(value))
        view.end("a", State.DONE)
        view.end("b", State.PRUNED)
        view.end("c", State.FAILED)
        view.end("d", State.DONE, elsewhere=True, reused=True)
    last = out.getvalue().splitlines()[-1]
    assert "2 done, 0 running, 1 pruned, 1 failed, 1 reused of 4" in last
    assert "best val_accuracy 0.9500 (trial d)" in last
    assert "\x1b" not in out.getvalue()


def test_who_stops_a_sweep_reads_what_the_end_waits_for() -> None:
    view, out = board(terminal=False)
    with view:
        view.stopping()
        for key in "ab":
            view.begin(key, f"trial {key}", epochs=2)
        view.stopping()
    first, *_, last = (line for line in out.getvalue().splitlines() if "stopping" in line)
    assert first == (
        "stopping: waits for the next epoch of the trials that start; Ctrl-C again ends at once"
    )
    assert "the next epoch of 2 running trials;" in last


def test_how_far_a_sweep_is_and_what_it_waits_for_is_read_from_what_it_has_written() -> None:
    view, out = board(terminal=False)
    waits = "the cluster has no node with room for a trial (3 CPUs); waiting for one"
    with view:
        view.tell(waits)
        view.begin("a", "trial a", epochs=2)
        view.end("a", State.DONE)
        told = out.getvalue()
        view.tell(waits + " again")
    assert progress_in(told) == "1 done, 0 running, 0 pruned, 0 failed of 4"
    assert progress_in(out.getvalue()) == f"{progress_in(told)}; {waits} again"
    assert progress_in("nothing of a sweep") == ""


def test_a_terminal_sees_every_running_trial() -> None:
    view, out = board(terminal=True)
    with view:
        view.begin("a", "lif constant 128", epochs=5)
        view.epoch("a", report(0.81), epoch=3)
        view.screen.live.refresh()
    assert "lif constant 128" in out.getvalue()
    assert "epoch 3 of 5" in out.getvalue()
    assert "0.8100" in out.getvalue()


@pytest.mark.parametrize(("mode", "best"), [("max", 0.9), ("min", 0.1)])
def test_the_best_follows_the_direction_of_the_metric(mode: str, best: float) -> None:
    found = Best("val_loss", mode)
    for value in (0.5, math.nan, 0.9, 0.1):
        found.add(str(value), str(value), f"is {value}", {"best_val_loss": value})
    assert (found.value, found.name) == (best, f"is {best}")


def test_the_best_of_a_search_for_several_metrics_is_told_with_all_of_them() -> None:
    found = Best("val_accuracy", "max", 2, others=["synops_per_inference"])
    for group, seed, value, synops in (("x", 0, 0.9, 100), ("x", 1, 0.7, 201), ("y", 0, 0.99, 1)):
        found.add(group, f"{group}{seed}", f"net {group} seed {seed}", reached(value, synops))
    told = "val_accuracy 0.8000, synops_per_inference 150.5"
    assert str(found) == f"best {told} (net x, mean of 2 seeds)"


def test_the_best_of_several_seeds_is_a_mean_over_all_of_them() -> None:
    progress = progress_of(seeds=2)
    assert progress.line() == "0 done, 0 running, 0 pruned, 0 failed of 4"
    for group, seed, value in (("x", 0, 0.99), ("y", 0, 0.6), ("y", 0, 0.99), ("y", 1, 0.8)):
        told, before = progress.line(), progress.best.value
        progress.best.add(group, f"{group}{seed}", f"net {group} seed {seed} 1f", reached(value))
    assert before is None and told.endswith(" of 4 | no configuration has all 2 seeds yet")
    assert progress.line().endswith(" of 4 | best val_accuracy 0.7000 (net y, mean of 2 seeds)")
    assert progress.metrics()["best/val_accuracy"] == pytest.approx(0.7)


def test_what_breaks_a_limit_is_counted_and_not_praised() -> None:
    progress = progress_of(limits=[Constraint.parse("synops_per_inference", "<= 50")])
    progress.best.add("x", "x", "x", reached(0.9, synops=51))
    told = (
        " of 4 (1 configuration over a limit) | no configuration keeps synops_per_inference <= 50 y"
    )
    assert told in progress.line()
    assert progress_in(progress.line()).endswith(" of 4 (1 configuration over a limit)")
    progress.best.add("y", "y", "y", reached(0.5, synops=50))
    assert "of 4 (1 configuration over a limit) | best val_accuracy 0.5000 (y)" in progress.line()


def test_what_is_ahead_and_not_done_is_named_as_such_and_nothing_that_was_pruned() -> None:
    view, _ = board(terminal=False)
    for key, value in (("a", 0.8), ("b", 0.9)):
        view.begin(key, f"trial {key}", epochs=27)
        view.epoch(key, report(value), epoch=9)
    told = "ahead, not done yet: val_accuracy 0.{} (trial {}, epoch {} of 27)"
    assert f"of 4 | {told.format('9000', 'b', 9)}" in view.progress.line()
    view.lose("b")  # it is paused, and may go on
    assert told.format("9000", "b", 9) in view.progress.line()
    view.begin("b", "trial b", epochs=27)
    view.epoch("b", report(0.95), epoch=10)
    assert told.format("9500", "b", 10) in view.progress.line()
    view.end("b", State.PRUNED)
    assert told.format("8000", "a", 9) in view.progress.line()
    view.progress.best.add("c", "c", "trial c", reached(0.8))
    line = view.progress.line()
    assert "best val_accuracy 0.8000 (trial c)" in line and "ahead" not in line
    view.epoch("a", report(0.81), epoch=10)
    assert f"(trial c) | {told.format('8100', 'a', 10)}" in view.progress.line()
    assert view.progress.metrics()["best/val_accuracy"] == 0.8


def test_a_configuration_is_ahead_with_all_its_seeds_and_within_all_limits_only() -> None:
    progress = progress_of(2, [Constraint.parse("synops_per_inference", "<= 50")])

    def begin(key: str, value: float, synops: float, epoch: int) -> None:
        metrics = {"val_accuracy": value, "synops_per_inference": synops}
        name = f"net {key[0]} seed {key[1]} 1f"
        progress.running[key] = Running(name, 27, key[0], epoch, metrics)

    begin("x0", 0.99, 10, 3)
    for key in ("y0", "y1"):
        begin(key, 0.98, 51, 3)
    assert "ahead" not in progress.line()
    progress.best.add("x", "x1", "net x seed 1 2e", reached(0.89, synops=80))
    assert "net x, mean of 2 seeds, epoch 3 of 27" in progress.line()
    assert "val_accuracy 0.9400" in progress.line()
    begin("z0", 0.97, 10, 5)
    progress.running["z1"] = Running("net z seed 1 3d", 27, "z")
    assert "net x" in progress.line()  # a seed of z has reported nothing


def test_what_a_sweep_waits_for_is_said_until_there_is_something_to_report() -> None:
    view, out = board(terminal=False)
    with view:
        view.wait(WORKERS)
        told = progress_in(out.getvalue())
        view.end("x", State.DONE, elsewhere=True, reused=True)
        for key in "ab":
            view.begin(key, key, epochs=2)
        view.epoch("a", report(0.5), epoch=1)
        for key in "ab":
            view.end(key, State.DONE)
    assert told == f"0 done, 0 running, 0 pruned, 0 failed of 4 | {WORKERS}"
    lines = out.getvalue().splitlines()
    assert [line.split(" | ")[1:] for line in lines] == [[WORKERS], [FIRST_EPOCH], [], []]


def test_a_sweep_of_reused_trials_waits_for_nothing_and_says_no_time() -> None:
    view, out = board(terminal=False)
    with view:
        view.wait(WORKERS)
        for key in "abcd":
            view.end(key, State.DONE, elsewhere=True, reused=True)
    assert out.getvalue().splitlines()[-1] == "4 done, 0 running, 0 pruned, 0 failed, 4 reused of 4"
    assert "left" not in out.getvalue()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-3, "0 s"), (45, "45 s"), (89, "89 s"), (150, "2 min"), (7500, "2 h 5 min")],
)
def test_durations_are_for_people(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_notice_is_said_once() -> None:
    view, out = board(terminal=False)
    for _ in range(3):
        view.tell("MLflow is away")
    assert out.getvalue().count("MLflow is away") == 1


def test_a_narrow_terminal_breaks_no_word() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=44)
    view = Board(progress_of(), console)
    view.progress.best.add("a", "a", "lif constant 128", reached(0.9))
    view.end("a", State.DONE)
    console.print(view.screen.render())
    words = set(out.getvalue().split())
    assert {"pruned,", "val_accuracy", "running,", "constant"} <= words


def test_a_name_moves_no_cursor() -> None:
    view, out = board(terminal=True)
    view.begin("a", "a\x1b[2J", epochs=5)
    view._console.print(view.screen.render())
    assert "\x1b[2J" not in out.getvalue() and r"a\x1b[2J" in out.getvalue()


def test_a_notebook_has_a_table_of_what_runs_in_which_no_name_is_code() -> None:
    progress = progress_of()
    view = Notebook(progress, Console(file=io.StringIO()))
    progress.running["a"] = Running("<b>lif\x1b[2J", epochs=5, epoch=3, metrics=report(0.81))
    shown = view.html()
    assert '<progress value="0" max="4">' in shown
    assert "0 done, 1 running" in shown
    assert "<td>epoch 3 of 5</td><td>val_accuracy 0.8100</td>" in shown
    assert "<b>" not in shown and "\x1b" not in shown


def test_on_a_narrow_terminal_the_state_stands_in_lines_of_whole_words() -> None:
    out = io.StringIO()
    progress = progress_of()
    progress.best.add("a", "a", "lif-rec constant 64 seed 0 3e8d00", reached(0.9))
    view = Board(progress, Console(file=out, force_terminal=True, width=80))
    with view:
        view.end("a", State.DONE)
    last = out.getvalue().rstrip().rpartition("1 done")[2].splitlines()
    assert last == [
        ", 0 running, 0 pruned, 0 failed of 4",
        "best val_accuracy 0.9000 (lif-rec constant 64 seed 0 3e8d00)",
    ]
