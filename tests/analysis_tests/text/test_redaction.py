"""What is printed holds no secret, whoever wrote the text."""

from __future__ import annotations

import subprocess
import sys

import pytest

from analysis.text.redaction import redacted, redacted_output


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://ann:p%40ss-word@host:5000")
    monkeypatch.setenv("SPIKESWEEP_OPTUNA", "postgresql://host/db?sslpassword=ssl-word")
    monkeypatch.setenv("RAY_AUTH_TOKEN", "ray-word")
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("BOOKMARK", "https://host/?next=train")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "aws/word+=")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("login of ann with p@ss-word failed", "login of ann with *** failed"),
        ("p%40ss-word", "***"),
        ("key aws/word+= is wrong; aws%2Fword%2B%3D, too", "key *** is wrong; ***, too"),
        ("header: Bearer ray-word.", "header: Bearer ***."),
        ("sslpassword=ssl-word", "sslpassword=***"),
        (
            "connection to 'http://bob:other@h:1/x' refused",
            "connection to 'http://bob:***@h:1/x' refused",
        ),
        (
            "see http://127.0.0.1:5000/#/experiments/1, or ask?",
            "see http://127.0.0.1:5000/#/experiments/1, or ask?",
        ),
        ("the next train leaves", "the next train leaves"),
        ("a token is asked for: RAY_AUTH_MODE=token", "a token is asked for: RAY_AUTH_MODE=token"),
        ("the passwords of ray-wordings", "the passwords of ray-wordings"),
    ],
)
def test_a_text_of_a_library_loses_its_secrets(text: str, told: str) -> None:
    assert redacted(text) == told


def test_arguments_hold_secrets_too() -> None:
    assert redacted("cannot use arg-word", ["--cluster=http://u:arg-word@h:1"]) == "cannot use ***"


def test_output_is_redacted_and_streams_come_back(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout, sys.stderr
    with redacted_output([]):
        print("out: ray-word")
        print("err: ray-word", file=sys.stderr)
        assert sys.stdout.encoding == before[0].encoding
    assert (sys.stdout, sys.stderr) == before
    assert capsys.readouterr() == ("out: ***\n", "err: ***\n")


def test_a_traceback_is_redacted() -> None:
    code = """import sys
from analysis.text.redaction import redacted_traceback
sys.excepthook = redacted_traceback
raise KeyError("http://ann:other@host, ray-word, arg-word")"""
    arguments = [sys.executable, "-c", code, "http://u:arg-word@h"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.endswith("KeyError: 'http://ann:***@host, ***, ***'\n")


def test_the_name_of_the_program_is_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "spikesweep")
    assert redacted("spikesweep: failed") == "spikesweep: failed"
