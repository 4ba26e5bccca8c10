"""Sweeps as jobs of a real Ray cluster: submitted, followed, stopped, resumed over the network."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sweep.cluster.nodes import RELEASE, check_here
from sweep.errors import SweepError
from tests.sweep_tests.head import Head
from tests.sweep_tests.wire import Wire
from tests.sweep_tests.workplace import SLOW, Done, Workplace, wait_until

EPOCHS = 16
LONG = {"dataset": "digits", "epochs": EPOCHS, "n_steps": 10, "encoding": "constant"}
LONG |= {"lr_schedule": "slow"}


@pytest.fixture(scope="module")
def head(shared_place: Workplace) -> Iterator[Head]:
    """A head; stores and checkpoints of its sweeps are in its working directory."""
    head = Head(shared_place.folder, cpus=1)
    yield head
    head.close()
    assert head.processes("") == []


def one_line(done: Done) -> str:
    """What a command that failed said, on one line."""
    (line,) = done.mistakes
    assert done.stdout == ""
    return line


def read(path: Path) -> str:
    """The text of a file, once there is one."""
    return path.read_text() if path.exists() else ""


def submitted(head: Head) -> list[str]:
    """Ids of all jobs."""
    rows = head.client("jobs").stdout.splitlines()
    return [row.split()[0] for row in rows if "-20" in row]


def test_a_sweep_is_followed_left_followed_again_stopped_and_resumed(
    head: Head, shared_place: Workplace, place: Workplace
) -> None:
    plugin = SLOW.read_text() + "# a line of many, as a generated file has them\n" * 20_000
    (place.folder / "slow.py").write_text(plugin)  # longer than a command may be, and only here
    search = {"lr": [1e-3, 1e30]}  # the second cannot be trained
    spec = place.spec(base=LONG, plugins=["slow.py"], search=search, sampler="grid", trials=None)
    first = head.start_client("submit", spec, folder=place.folder)
    launch = shared_place.folder / "ray_results" / "small" / "1"
    wait_until((launch / "driver.lock").exists)
    refused = head.start_client(
        "run", str(place.folder / spec), "--resume", folder=shared_place.folder
    )
    wait_until(lambda: '"epoch":2,' in read(launch / "outbox.jsonl"))
    os.killpg(first.pid, signal.SIGINT)
    _, said = first.communicate(timeout=30)
    assert first.returncode == 130
    assert "the sweep goes on in the cluster" in said
    assert "packag" not in said  # Ray's own words of the upload
    job_id = said.split("submitted ")[1].split()[0]
    assert f"spikesweep logs -f {job_id} --cluster {head.url}" in said

    wire = Wire(head.port)
    again = head.start_client("logs", "-f", job_id, "--cluster", f"http://127.0.0.1:{wire.port}")
    assert again.stderr is not None
    assert again.stdout is not None
    begin = os.read(again.stdout.fileno(), 10_000).decode()  # what `readline` keeps would be lost
    wire.cut()
    lost = again.stderr.readline()
    wire.mend()
    _, told = refused.communicate(timeout=100)
    assert refused.returncode == 2
    assert "launch 1 of 'small' is being run by process" in told
    twice = head.client("submit", spec, folder=place.folder)
    assert twice.returncode == 2
    assert f"small is running there: spikesweep logs -f {job_id}" in one_line(twice)

    stopped = head.client("stop", job_id)
    assert stopped.returncode == 0, stopped.stderr
    assert "interrupted; every finished epoch is kept" in stopped.stdout
    resume = f"spikesweep submit {spec} --resume --cluster {head.url}"
    assert resume in stopped.stderr
    rest, ending = again.communicate(timeout=30)
    wire.cut()
    assert again.returncode == 130
    assert "connection lost; the sweep goes on in the cluster" in lost
    assert ending.startswith("connected again\n")
    assert head.client("logs", job_id).stdout == begin + rest
    assert head.processes("run -") == []
    states = {
        run.info.status for kind in ("trial", "sweep") for run in shared_place.runs("small", kind)
    }
    assert "KILLED" in states and "RUNNING" not in states

    done = head.client("submit", spec, "--resume", folder=place.folder)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "leaders of small" in done.stdout and "the loss is" in done.stdout
    assert "failed with exit code 1" in done.stderr
    (sent,) = launch.glob("plugins/*/slow.py")
    assert sent.read_text() == plugin
    runs = shared_place.runs("small")
    epochs = {run.info.status: shared_place.epochs(run) for run in runs}
    assert epochs == {"FINISHED": list(range(1, EPOCHS + 1)), "FAILED": []}
    assert len(runs) == 2
    table = head.client("jobs").stdout
    assert "stopped" in table and "failed" in table


def test_a_wrong_specification_is_refused_before_anything_is_sent(
    head: Head, place: Workplace
) -> None:
    before = submitted(head)
    wrong = head.client("submit", place.spec(), "--set", "epochs=-1", folder=place.folder)
    assert wrong.returncode == 2
    assert "base.epochs: must be at least" in one_line(wrong)
    assert submitted(head) == before


def test_an_unknown_job_is_one_line_with_those_that_there_are(head: Head) -> None:
    for command in ("logs", "stop"):
        done = head.client(command, "nope")
        assert done.returncode == 2
        assert f"nope: no such job at {head.url}; jobs: " in one_line(done)


def test_without_the_token_of_the_cluster_nothing_is_told(head: Head) -> None:
    missing = head.client("jobs", RAY_AUTH_MODE="disabled", RAY_AUTH_TOKEN="")
    assert missing.returncode == 2
    assert "set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN" in one_line(missing)
    wrong = head.client("jobs", RAY_AUTH_TOKEN="0" * 32)
    assert wrong.returncode == 2
    assert "has another token" in one_line(wrong)


def test_the_address_of_a_dashboard_needs_no_http(head: Head) -> None:
    dashboard = f"127.0.0.1:{head.port}"
    assert head.client("jobs", "--cluster", f"{dashboard}/").returncode == 0
    assert head.client("jobs", RAY_API_SERVER_ADDRESS=dashboard).returncode == 0
    of_ray = head.client("jobs", RAY_API_SERVER_ADDRESS="", RAY_ADDRESS=head.address)
    assert of_ray.returncode == 0


@pytest.mark.parametrize(
    ("scheme", "code", "told"),
    [
        ("", 2, "is not of a dashboard"),
        ("ray://", 2, "is not of a dashboard"),
        ("http://", 1, "what answers there is no dashboard"),
    ],
)
def test_another_port_of_ray_is_refused_at_once(
    head: Head, scheme: str, code: int, told: str
) -> None:
    started = time.monotonic()
    other = head.client("jobs", "--cluster", f"{scheme}{head.address}")
    assert other.returncode == code
    assert told in one_line(other)
    assert time.monotonic() - started < 25  # Ray itself would ask there for 30 to 40 s


def test_a_cluster_that_is_not_there_is_one_line(place: Workplace) -> None:
    away = place.run("submit", place.spec(), "--cluster", "http://127.0.0.1:9")
    assert away.returncode == 1
    assert "no Ray cluster answers at http://127.0.0.1:9" in one_line(away)
    head_only = place.run("jobs", RAY_ADDRESS="127.0.0.1:9")
    assert head_only.returncode == 1
    assert "no Ray cluster answers at 127.0.0.1:9" in one_line(head_only)
    odd = place.run("jobs", "--cluster", "head")
    assert odd.returncode == 2
    assert "'head' is no address" in one_line(odd)
    unnamed = place.run("jobs")
    assert unnamed.returncode == 2
    assert "--cluster: needs the address" in one_line(unnamed)


def test_several_nodes_need_a_folder_that_all_of_them_see(head: Head, place: Workplace) -> None:
    spec = place.spec()
    hidden = place.folder / "hidden"
    hidden.mkdir()
    blind = ["unshare", "--mount", "sh", "-c", f'mount -t tmpfs none {hidden}; exec "$@"', "sh"]
    if subprocess.run([*blind[:2], "true"], capture_output=True).returncode:
        assert not os.environ.get("CI"), "no mount namespaces here"
        pytest.skip("this user may not mount anything")
    head.add_node(blind)
    wait_until(lambda: head.nodes() == 2)
    unset = head.client("run", spec, "--address", head.address, folder=place.folder)
    assert unset.returncode == 2
    assert "SPIKESWEEP_STORAGE: is not set, and the cluster has 2 nodes" in one_line(unset)
    assert not (place.folder / "ray_results").exists()
    unseen = head.client(
        "run",
        spec,
        "--address",
        head.address,
        folder=place.folder,
        SPIKESWEEP_STORAGE=str(hidden),
    )
    assert unseen.returncode == 1
    assert "does not see" in one_line(unseen)
    assert list(hidden.iterdir()) == []


def test_a_sweep_without_a_node_says_what_it_waits_for_and_goes_on(
    head: Head, place: Workplace
) -> None:
    plan = {"base": LONG | {"epochs": 10 * EPOCHS}, "plugins": [str(SLOW)], "trials": 1}
    spec = place.spec(**plan, resources={"cpu": 3})
    wait_until(lambda: head.nodes() > 0)
    before, node = head.nodes(), head.add_node(cpus=3)
    wait_until(lambda: head.nodes() > before)
    outbox = place.folder / "storage" / "small" / "1" / "outbox.jsonl"
    sweep = head.start_client(
        *("run", spec, "--address", head.address),
        folder=place.folder,
        SPIKESWEEP_STORAGE=str(place.folder / "storage"),
    )
    assert sweep.stderr is not None
    wait_until(lambda: '"epoch":2,' in read(outbox) or sweep.poll() is not None)
    os.killpg(node.pid, signal.SIGKILL)
    told = (line for line in sweep.stderr if line.startswith("the cluster"))
    needs = "the cluster has no node with room for a trial (3 CPUs); waiting for one\n"
    assert next(told, "") == needs
    head.add_node(cpus=3)
    assert next(told, "") == "the cluster has room for trials again; the sweep goes on\n"
    os.killpg(sweep.pid, signal.SIGINT)
    assert list(told) == []
    assert sweep.wait(timeout=30) == 130


def test_a_node_needs_the_files_and_the_release_of_the_sweep(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    with pytest.raises(SweepError, match="does not see"):
        check_here(spec, RELEASE)
    spec.touch()
    check_here(spec, RELEASE)
    with pytest.raises(SweepError, match=r"but the sweep's driver 0\.0\.1"):
        check_here(spec, "0.0.1")
