"""No command gives away a secret that an address or a variable holds, reachable or not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import pytest
import typer
from mlflow.tracking import MlflowClient

from sweep.cli import app
from tests.sweep_tests.workplace import REFERENCE, Workplace

COMMANDS: Mapping[str, click.Command] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
NOWHERE = "127.0.0.1:9"
MARK = "0ddWord"  # in every secret, and nowhere else
FILES = {"figure": "x.png", "export": "x.onnx", "export-runs": "x.parquet", "table": "x.md"}
HIDDEN = {
    "MLFLOW_TRACKING_PASSWORD": f"{MARK}-mlflow",
    "MLFLOW_TRACKING_TOKEN": f"{MARK}-token",
    "RAY_AUTH_TOKEN": f"{MARK}-ray",
    "AWS_ACCESS_KEY_ID": f"{MARK}-key",
    "AWS_SECRET_ACCESS_KEY": f"{MARK}/+aws",
    "PGPASSWORD": f"{MARK}-pg",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
}
UNREACHABLE = {
    "http": HIDDEN
    | {
        "MLFLOW_TRACKING_URI": f"http://ann:{MARK}%40@{NOWHERE}",
        "SPIKESWEEP_OPTUNA": f"postgresql+psycopg://ann:{MARK}@{NOWHERE}/db?sslpassword={MARK}2",
        "RAY_ADDRESS": f"http://ann:{MARK}@{NOWHERE}",
    },
    "databases": HIDDEN
    | {
        "MLFLOW_TRACKING_URI": f"mysql://ann:{MARK}@{NOWHERE}/db?password={MARK}2",
        "SPIKESWEEP_OPTUNA": f"postgresql://ann:{MARK}@{NOWHERE}/db",
        "SPIKESWEEP_STORAGE": f"s3://key:{MARK}@bucket/sweeps",
        "RAY_API_SERVER_ADDRESS": f"http://{MARK}@{NOWHERE}",
    },
}


def arguments(name: str, command: click.Command) -> Iterator[str]:
    """What a command must be given, and a secret in every address that it takes."""
    for param in command.params:
        if isinstance(param, click.Argument):
            yield from [value_of(name, param)] if param.required else []
            yield from ["test:0"] if "IMAGE" in str(param.metavar) else []
        elif re.search(r"address|cluster|url", param.name or ""):
            yield from [param.opts[0], f"http://ann:{MARK}-given@{NOWHERE}"]
        elif param.required:
            yield from [param.opts[0], FILES.get(name, "x.png")]


def value_of(name: str, param: click.Parameter) -> str:
    if isinstance(param.type, click.Choice):
        return str(param.type.choices[0].value)
    return {"SPEC": "small.yaml", "FILE": "runs.parquet"}.get(str(param.metavar), "small")


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def given_away(place: Workplace, told: Mapping[str, str]) -> dict[str, str]:
    """What has the mark: output by command, and files."""
    found = {name: text for name, text in told.items() if MARK in text}
    return found | {
        str(path): "in it" for path, held in files(place.folder).items() if MARK.encode() in held
    }


def run_all(
    place: Workplace, environment: Mapping[str, str], capfd: pytest.CaptureFixture[str], **more: Any
) -> dict[str, str]:
    """The output of every command, also of what it starts."""
    told = {}
    for name, command in COMMANDS.items():
        calls = [[name, *arguments(name, command)]]
        calls += [["run", "small.yaml", "--dry-run"]] if name == "run" else []
        for call in calls:
            done = place.run(*call, **environment)
            told[" ".join(call)] = done.stdout + done.stderr + "".join(capfd.readouterr())
    return told


@pytest.mark.parametrize("kind", UNREACHABLE)
def test_no_command_gives_a_secret_away_when_nothing_answers(
    place: Workplace, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    place.spec(trials=1, confirm={"top": 1})
    told = run_all(place, UNREACHABLE[kind], capfd)
    assert given_away(place, told) == {}
    shown = "\n".join(told.values())
    assert "ann:***@" in shown, "the addresses are shown at all"


def test_no_command_gives_a_secret_away_when_all_works(
    place: Workplace, server: int, ray_here: None, capfd: pytest.CaptureFixture[str]
) -> None:
    plain = f"http://127.0.0.1:{server}"
    environment = HIDDEN | {"MLFLOW_TRACKING_URI": f"http://ann:{MARK}@127.0.0.1:{server}"}
    spec = place.spec(trials=1, base={"dataset": "digits", "epochs": 1, "n_steps": 5} | REFERENCE)
    done = place.run("run", spec, **environment)
    assert done.returncode == 0, done.stderr
    told = run_all(place, environment, capfd) | {"first": done.stdout + done.stderr}
    report = place.run("report", "small", **environment)
    assert report.returncode == 0, report.stderr
    assert given_away(place, told | {"report": report.stdout + report.stderr}) == {}
    client = MlflowClient(plain)
    experiments = [found.experiment_id for found in client.search_experiments()]
    runs = client.search_runs(experiments)
    assert runs
    assert MARK not in repr([run.to_dictionary() for run in runs])
    for run in runs:
        for found in client.list_artifacts(run.info.run_id):
            assert MARK not in found.path
    page = (place.folder / "report" / "report.html").read_text()
    assert f"127.0.0.1:{server}" in page
