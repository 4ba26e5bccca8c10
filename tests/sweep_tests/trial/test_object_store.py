"""Checkpoints in an object store: a real S3 server on this machine, spoken to by its URL."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from upath import UPath

from snn import registry
from tests.sweep_tests.tracking.test_delivery import free_port
from tests.sweep_tests.workplace import SLOW, Workplace, answers, stop, wait_until

EPOCHS = 6
BASE = {"dataset": "digits", "epochs": EPOCHS, "n_steps": 10, "encoding": "constant"}


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment that knows a bucket `lab`."""
    port, folder = free_port(), tmp_path_factory.mktemp("s3")
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            stdout=log,
            stderr=log,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: answers(f"{url}/moto-api/") or server.poll() is not None)
        environment = {
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "us-east-1",
            "SPIKESWEEP_STORAGE": "s3://lab/sweeps",
        }
        with pytest.MonkeyPatch.context() as patch:
            for key, value in environment.items():
                patch.setenv(key, value)
            UPath("s3://lab").mkdir()
            yield environment
    finally:
        server.terminate()
        server.wait(timeout=30)


def test_a_killed_sweep_goes_on_from_the_store_though_its_driver_lost_its_disk(
    place: Workplace, bucket: dict[str, str]
) -> None:
    shutil.copy(SLOW, place.folder)
    spec = place.spec(base=BASE | {"lr_schedule": "slow"}, plugins=["slow.py"])
    outbox = place.folder / "ray_results" / "small" / "1" / "outbox.jsonl"
    killed = place.start("run", spec, **bucket)
    wait_until(
        lambda: (
            killed.poll() is not None
            or (outbox.exists() and outbox.read_text().count('"do":"end"') >= 1)
        )
    )
    assert stop(killed, signal.SIGKILL) == -signal.SIGKILL, (place.folder / "log").read_text()
    shutil.rmtree(place.folder / "ray_results")
    resumed = place.start("run", spec, "--resume", **bucket)
    assert resumed.wait(timeout=200) == 0, (place.folder / "log").read_text()
    place.check_all_done_once(trials=3, epochs=EPOCHS)
    files = {file.name for file in UPath("s3://lab/sweeps/small/1/trials").glob("*/*")}
    assert files == {"last.pt", "best.pt", "confusion.json"}
    assert UPath("s3://lab/sweeps/small/1/spec.yaml").read_text().startswith("name: small")
    (kept,) = UPath("s3://lab/sweeps/small/1/plugins").glob("*/slow.py")
    assert kept.read_text() == SLOW.read_text()
    (place.folder / "slow.py").unlink()
    registry.use(registry.OURS)
    guess = place.run("predict", "small", "test:0", **bucket)
    assert guess.stdout.startswith("test:0"), guess.stderr


def test_a_url_that_nothing_reads_is_refused(place: Workplace) -> None:
    done = place.run("run", place.spec(), SPIKESWEEP_STORAGE="floppy://a")
    assert done.returncode == 2
    assert "SPIKESWEEP_STORAGE: floppy://a: nothing here reads floppy://" in done.stderr


def test_a_bucket_that_is_not_there_is_said(place: Workplace, bucket: dict[str, str]) -> None:
    done = place.run("run", place.spec(), **bucket | {"SPIKESWEEP_STORAGE": "s3://nowhere/x"})
    assert done.returncode == 1
    assert "s3://nowhere/x" in done.stderr and len(done.stderr.splitlines()) == 1
