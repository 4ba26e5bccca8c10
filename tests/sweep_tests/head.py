"""A Ray head of its own, as `ray start` makes it: with a job server and a token."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from tests.sweep_tests.workplace import Done, answers, wait_until

BIN = Path(sys.executable).parent
_TRIES = 3  # `ray start` gives up after 30 s, which a busy machine needs
OURS = ("RAY_", "SPIKESWEEP_STORAGE", "SPIKESWEEP_OPTUNA", "MLFLOW_")


class Head:
    """Processes on this machine, on free ports of the loopback, that end with `close`."""

    def __init__(self, folder: Path, cpus: int = 2) -> None:
        self.folder = folder
        self.token = secrets.token_hex(16)
        self._temp = tempfile.mkdtemp(prefix="ray-")  # short: sockets lie in it
        self._log = Path(self._temp) / "ray-start.log"
        self._started: list[subprocess.Popen[bytes]] = []
        self._clients: list[subprocess.Popen[str]] = []
        self._gcs, self.port, *others = free_ports(6)
        self.url = f"http://127.0.0.1:{self.port}"
        self.address = f"127.0.0.1:{self._gcs}"
        names = ("dashboard-agent-listen", "dashboard-agent-grpc", "metrics-export")
        names += ("ray-client-server",)
        ports = [f"--{name}-port={port}" for name, port in zip(names, others, strict=True)]
        options = [
            "--head",
            f"--port={self._gcs}",
            f"--dashboard-port={self.port}",
            *ports,
            "--dashboard-host=127.0.0.1",
            "--node-ip-address=127.0.0.1",
            f"--temp-dir={self._temp}",
        ]
        for _ in range(_TRIES):
            self._head = self._start(options, cpus=cpus)
            wait_until(lambda: self._ready() or self._head.poll() is not None)
            if self._ready():
                return
        raise AssertionError(self._why_it_is_gone())

    def _ready(self) -> bool:
        """Whether `ray start` has written its last file, and jobs can be submitted."""
        note = Path(self._temp) / "ray_current_cluster"
        return note.exists() and answers(f"{self.url}/api/version", self.token)

    def add_node(
        self, prefix: Sequence[str] = (), cpus: int = 2, folder: Path | None = None
    ) -> subprocess.Popen[bytes]:
        """Another node, on the same machine, in another working folder if one is given."""
        return self._start([f"--address={self.address}"], prefix, cpus, folder)

    def nodes(self) -> int:
        """How many the head takes for alive."""
        request = urllib.request.Request(
            f"{self.url}/api/v0/nodes", headers={"Authorization": f"Bearer {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            nodes = json.load(answer)["data"]["result"]["result"]
        return sum(node["state"] == "ALIVE" for node in nodes)

    @property
    def environment(self) -> dict[str, str]:
        """Nothing from outside, and the cluster's token."""
        outside = {k: v for k, v in os.environ.items() if not k.startswith(OURS)}
        path = f"{BIN}:{os.environ['PATH']}"
        return outside | {"PATH": path, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": self.token}

    def client(self, *arguments: str, folder: Path | None = None, **environment: str) -> Done:
        """A command on the cluster, to its end."""
        with self.start_client(*arguments, folder=folder, **environment) as process:
            out, err = process.communicate(timeout=150)
        return Done(process.returncode, out, err)

    def start_client(
        self, *arguments: str, folder: Path | None = None, **environment: str
    ) -> subprocess.Popen[str]:
        """A command on the cluster, in a process group of its own, as a terminal does."""
        assert self._head.poll() is None, self._why_it_is_gone()
        given = {"RAY_API_SERVER_ADDRESS": self.url}
        client = subprocess.Popen(
            [BIN / "spikesweep", *arguments],
            cwd=folder or self.folder,
            env=self.environment | given | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._clients.append(client)
        return client

    def processes(self, word: str) -> list[int]:
        """Ids of this cluster's processes that have a word in their command."""
        found = []
        for folder in Path("/proc").iterdir():
            try:
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                around = (folder / "environ").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if word in command and self.token in around:
                found.append(int(folder.name))
        return found

    def close(self) -> None:
        """End everything that was started, and nothing else."""
        for client in self._clients:
            if client.poll() is None:
                client.kill()
            client.communicate()
        for process in reversed(self._started):
            process.terminate()
        for process in self._started:
            process.wait(timeout=30)
        for _ in range(50):
            if not self.processes(""):
                break
            time.sleep(0.1)
        for left in self.processes(""):
            with contextlib.suppress(ProcessLookupError):  # it has just ended
                os.kill(left, signal.SIGKILL)
        shutil.rmtree(self._temp, ignore_errors=True)

    def _why_it_is_gone(self) -> str:
        """How the head ended, what `ray start` said of it, and the last words of Ray's servers."""
        logs = Path(self._temp).glob("session_2*/logs/*")
        told = {
            log.name: log.read_text(errors="replace").splitlines()[-2:]
            for log in logs
            if log.is_file()
        }
        told["ray start"] = self._log.read_text(errors="replace").splitlines()[-20:]
        lines = [f"{name}: {line}" for name, log in told.items() for line in log]
        return "\n".join([f"the head ended with {self._head.returncode}:", *lines])

    def _start(
        self,
        options: Sequence[str],
        prefix: Sequence[str] = (),
        cpus: int = 2,
        folder: Path | None = None,
    ) -> subprocess.Popen[bytes]:
        common = ["--block", f"--num-cpus={cpus}", "--disable-usage-stats"]
        common += ["--object-store-memory=100000000", "--min-worker-port=0", "--max-worker-port=0"]
        with self._log.open("a") as log:
            process = subprocess.Popen(
                [*prefix, BIN / "ray", "start", *options, *common],
                cwd=folder or self.folder,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._started.append(process)
        return process


def free_ports(count: int) -> list[int]:
    """Ports of the loopback that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports
