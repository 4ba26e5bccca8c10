"""Where the numbers of a run come from: the code, the data, the machine."""

from __future__ import annotations

import functools
import json
import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from analysis.records import Tag
from snn.config import TrialConfig
from snn.data.base import Data
from snn.registry import KINDS

_PACKAGES = ("spikesweep", "torch", "numba", "ray", "optuna", "mlflow")


def launch_tags() -> dict[str, str]:
    """Tags of the parent run of a launch: the driver's code and machine."""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    tags = {
        Tag.VERSIONS: f"Python {platform.python_version()}, {packages}",
        Tag.MACHINE: f"{_processor()}, {os.cpu_count()} CPUs, {platform.system()}",
        Tag.NODE: platform.node(),
    }
    return tags | ({Tag.GIT_SHA: git_sha()} if git_sha() else {})


def provenance_tags(dataset: Data, config: TrialConfig) -> dict[str, str]:
    """Tags of a run of this configuration on this data set by this code."""
    tags = {Tag.DATA_SHA256: dataset.sha256, Tag.NODE: platform.node()}
    files = sorted({f"{each.file} {each.digest}" for each in config.components if each.digest})
    tags |= {Tag.PLUGINS: ", ".join(files)} if files else {}
    of_users = {KINDS[each.kind]: each.label for each in config.components if each.digest}
    labels = {param: label for param, label in of_users.items() if label}
    tags |= {Tag.LABELS: json.dumps(labels, ensure_ascii=False)} if labels else {}
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


def _processor() -> str:
    """The processor's own name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
