"""Who has no token or a wrong one, a wrong password or a foreign address, is refused."""

from __future__ import annotations

import base64
import re
import urllib.request
from pathlib import Path

import pytest
from native.http import status_of
from native.recipes import SCRIPTS
from native.service import Service
from native.services import Services

REFUSAL = re.compile("InvalidAuthToken|Unauthorized|Forbidden")
CLIENT = "import ray, sys; ray.init(sys.argv[1], log_to_driver=False); print('connected')"


def strangers(services: Services, folder: Path) -> list[Service]:
    """Everything that one can try with Ray, without a token and with a wrong one."""
    folder.mkdir()
    stranger = services.client_environment | {"HOME": str(folder)}  # no token lies there
    tokens = {
        "none": {"RAY_AUTH_TOKEN": "", "RAY_AUTH_MODE": "disabled"},
        "wrong": {"RAY_AUTH_TOKEN": "0" * 48},
    }
    node = ["--node-ip-address", "127.0.0.99", "--temp-dir", "/tmp/spikesweep-stranger"]
    attempts: dict[str, list[str | Path]] = {
        "submit": ["ray", "job", "submit", "--address", services.jobs_url, "--", "true"],
        "client": ["python", "-c", CLIENT, services.ray_address],
        "worker": ["ray", "start", "--block", "--address", services.ray_address, *node],
    }
    made = []
    for token, settings in tokens.items():
        for attempt, command in attempts.items():
            log = folder / f"{attempt}-{token}.log"
            refused = lambda log=log: REFUSAL.search(log.read_text()) is not None  # noqa: E731
            made.append(Service(log.stem, command, stranger | settings, log, refused))
    return made


def test_ray_refuses_who_has_not_its_token(services: Services, open_folder: Path) -> None:
    attempts = strangers(services, open_folder / "strangers")
    for attempt in attempts:
        attempt.launch()
    try:
        for attempt in attempts:
            attempt.wait_until_ready()
    finally:
        for attempt in attempts:
            attempt.kill()
    for attempt in attempts:
        text = attempt.log.read_text()
        assert "connected" not in text and "submitted" not in text and "started" not in text


@pytest.mark.parametrize("path", ["/api/jobs/", "/api/version", "/nodes?view=summary"])
def test_the_dashboard_tells_nothing_without_the_token(services: Services, path: str) -> None:
    assert status_of(services.jobs_url + path) == 401
    wrong = {"Authorization": "Bearer 0"}
    assert status_of(services.jobs_url + path, wrong) == 403
    right = {"Authorization": f"Bearer {services.client_environment['RAY_AUTH_TOKEN']}"}
    assert status_of(services.jobs_url + path, right) == 200


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.mark.parametrize(
    "path",
    ["/", "/api/2.0/mlflow/experiments/get?experiment_id=0", "/api/2.0/mlflow-artifacts/artifacts"],
)
def test_mlflow_refuses_a_wrong_password_and_a_foreign_host(services: Services, path: str) -> None:
    url = services.mlflow_url + path
    right = basic("admin", services.client_environment["MLFLOW_TRACKING_PASSWORD"])
    assert status_of(url, right) == 200
    assert status_of(url) == 401
    assert status_of(url, basic("admin", "wrong")) == 401
    assert status_of(url, basic("", "")) == 401
    for host in ("evil.example", "10.evil.example", "127.0.0.1"):  # the last without the port
        assert status_of(url, right | {"Host": host}) == 403


def test_mlflow_opens_on_model_training_for_who_has_a_password(services: Services) -> None:
    right = basic("admin", services.client_environment["MLFLOW_TRACKING_PASSWORD"])
    with urllib.request.urlopen(urllib.request.Request(services.mlflow_url, headers=right)) as page:
        assert b'"mlflow.workflowType_v1": "machine_learning"' in page.read()


def test_the_databases_refuse_each_others_owners(services: Services) -> None:
    import psycopg

    address = services.site.libpq("optuna", "optuna_db")
    server = f"host={address['PGHOST']} port={address['PGPORT']} user=optuna"
    own = f"{server} password={address['PGPASSWORD']}"
    psycopg.connect(f"{own} dbname=optuna").close()
    for refused in (f"{own} dbname=mlflow", f"{own} dbname=mlflow_users"):
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(refused)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(f"{server} password=wrong dbname=optuna")


def test_no_password_is_in_a_process_list(services: Services) -> None:
    # Ray hands Redis's to its own processes so; Redis is on a network of its own in compose.yaml.
    secrets = {v for k, v in services.site.secrets.items() if k != "redis"}
    for service in services:
        for pid in service.processes():
            try:
                shown = Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
            except (FileNotFoundError, ProcessLookupError):
                continue  # it has ended meanwhile
            assert not any(secret in shown for secret in secrets), service.name


def test_secrets_are_readable_by_their_owner_only(services: Services) -> None:
    assert (services.site.folder / "secrets.json").stat().st_mode & 0o077 == 0
    assert not (services.site.folder / "password").exists()
    assert SCRIPTS.is_dir()
