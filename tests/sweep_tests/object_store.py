"""A real S3 server on this machine, spoken to by its URL."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import fsspec
import pytest
from upath import UPath

from tests.sweep_tests.servers import free_port
from tests.sweep_tests.workplace import answers, wait_until


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
            # A file system is kept in the process, with the address of an earlier server.
            fsspec.get_filesystem_class("s3").clear_instance_cache()
            UPath("s3://lab").mkdir()
            yield environment
    finally:
        server.terminate()
        server.wait(timeout=30)
