"""Where the numbers of a run come from: the code, the data, the machine."""

from __future__ import annotations

import functools
import platform
import subprocess
from pathlib import Path

from snn.data import Dataset
from sweep.records import Tag


def provenance_tags(dataset: Dataset) -> dict[str, str]:
    """Tags of a run on this data set by this code."""
    tags = {Tag.DATA_SHA256: dataset.sha256, Tag.NODE: platform.node()}
    return tags | ({Tag.GIT_SHA: git_sha()} if git_sha() else {})


@functools.cache
def git_sha() -> str:
    """Commit of the checkout that this code runs from, `+` for changed; empty outside of one."""
    folder = Path(__file__).parent
    try:
        return subprocess.run(
            ["git", "describe", "--always", "--abbrev=12", "--dirty=+", "--exclude=*"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
