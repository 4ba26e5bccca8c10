"""Object stores that checkpoints cannot go to. A sweep in one is in `plugins.test_on_a_cluster`."""

from __future__ import annotations

from tests.sweep_tests.object_store import bucket as bucket
from tests.sweep_tests.workplace import Workplace


def test_a_url_that_nothing_reads_is_refused(place: Workplace) -> None:
    done = place.run("run", place.spec(), SPIKESWEEP_STORAGE="floppy://a")
    assert done.returncode == 2
    assert "SPIKESWEEP_STORAGE: floppy://a: nothing here reads floppy://" in done.stderr


def test_a_bucket_that_is_not_there_is_said(place: Workplace, bucket: dict[str, str]) -> None:
    done = place.run("run", place.spec(), **bucket | {"SPIKESWEEP_STORAGE": "s3://nowhere/x"})
    assert done.returncode == 1
    (said,) = done.mistakes
    assert "s3://nowhere/x" in said
