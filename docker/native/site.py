"""What the services of one folder share: the folder, secrets, ports, how clients reach them."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from native.machine import clean_environment, free_ports

LOOPBACK, HEAD = "127.0.0.1", "127.0.0.2"
_SECRETS = ("postgres", "mlflow_db", "optuna_db", "mlflow_admin", "mlflow_key", "ray", "redis")
_PORTS = ("postgres", "mlflow", "redis", "gcs", "jobs", "ray_client")


@dataclass(frozen=True)
class Site:
    """One set of services.

    Args:
        folder: Where they keep everything.
        data: Folder of the data sets.
        ray_folder: Another name for `folder/ray`, short enough for the sockets in it.
        secrets: Passwords and tokens by what they protect.
        ports: Ports by who listens.
    """

    folder: Path
    data: Path
    ray_folder: Path
    secrets: dict[str, str]
    ports: dict[str, int]

    @classmethod
    def in_folder(cls, folder: Path, data: Path | None, ray_folder: Path) -> Site:
        """Make the folder, or use it again with its secrets; the ports are new."""
        for name in ("logs", "ray", "artifacts", "storage"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        ray_folder.symlink_to(folder / "ray")
        return cls(
            folder=folder,
            data=(data or Path(os.environ.get("SPIKESWEEP_DATA") or "data")).absolute(),
            ray_folder=ray_folder,
            secrets=_kept_secrets(folder / "secrets.json"),
            ports=dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True)),
        )

    @property
    def jobs_url(self) -> str:
        """Of Ray's Job API and dashboard."""
        return f"http://{LOOPBACK}:{self.ports['jobs']}"

    @property
    def ray_address(self) -> str:
        """Where Ray's nodes and clients connect."""
        return f"{HEAD}:{self.ports['gcs']}"

    @property
    def mlflow_url(self) -> str:
        """Of the MLflow server."""
        return f"http://{LOOPBACK}:{self.ports['mlflow']}"

    @property
    def client_environment(self) -> dict[str, str]:
        """The environment that a user of these services has, token and passwords included."""
        optuna = f"optuna:{self.secrets['optuna_db']}@{LOOPBACK}:{self.ports['postgres']}"
        return clean_environment() | {
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": self.secrets["ray"],
            "MLFLOW_TRACKING_URI": self.mlflow_url,
            "MLFLOW_TRACKING_USERNAME": "admin",
            "MLFLOW_TRACKING_PASSWORD": self.secrets["mlflow_admin"],
            "SPIKESWEEP_OPTUNA": f"postgresql://{optuna}/optuna",
            "SPIKESWEEP_STORAGE": str(self.folder / "storage"),
            "SPIKESWEEP_DATA": str(self.data),
        }

    def libpq(self, user: str, secret: str) -> dict[str, str]:
        """How a user reaches Postgres, in libpq's own variables."""
        address = {"PGHOST": LOOPBACK, "PGPORT": str(self.ports["postgres"])}
        return address | {"PGUSER": user, "PGPASSWORD": self.secrets[secret]}


def _kept_secrets(path: Path) -> dict[str, str]:
    """The secrets of a folder, made at its first use; only its owner can read them."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(
            json.dumps({name: secrets.token_hex(24) for name in _SECRETS}, indent=1),
            encoding="utf-8",
        )
    kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return kept
