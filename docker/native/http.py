"""The little HTTP that watching services takes."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any


def status_of(url: str, headers: Mapping[str, str] | None = None, timeout_s: float = 5) -> int:
    """HTTP status of a GET request; 0 when nobody answers."""
    request = urllib.request.Request(url, headers=dict(headers or {}))
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


class Jobs:
    """Ray's Job API, without importing Ray.

    Args:
        url: Of the dashboard.
        token: Ray's.
    """

    def __init__(self, url: str, token: str) -> None:
        self._url = f"{url}/api/jobs/"
        self._headers = {"Authorization": f"Bearer {token}"}

    def answer(self) -> bool:
        """Whether they can be submitted."""
        return status_of(self._url, self._headers) == 200

    def stop_all(self, within_s: float = 75) -> None:
        """Stop every job, and wait until each has closed what it had open; no answer is fine."""
        try:
            for job in self._in_state("PENDING", "RUNNING"):
                self._ask(f"{self._url}{job}/stop", "POST")
            end = time.monotonic() + within_s
            # A pending one has nothing open, and may stay so for ever when the head was killed.
            while self._in_state("RUNNING") and time.monotonic() < end:
                time.sleep(0.2)
        except OSError:  # the head is gone, and its jobs with it
            return

    def _in_state(self, *states: str) -> list[str]:
        jobs = self._ask(self._url, "GET")
        return [j["submission_id"] for j in jobs if j["status"] in states and j["submission_id"]]

    def _ask(self, url: str, method: str) -> Any:
        request = urllib.request.Request(url, headers=self._headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
