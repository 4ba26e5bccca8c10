"""Finds the experiment with the runs of a launch, and checks that it is in the current store.

Names and addresses are not enough: an experiment may be renamed, and a store may have a new
address. But the ids of the runs of a launch are unique.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from sweep.errors import SpecError, SweepError
from sweep.host.paths import LaunchPaths
from sweep.tracking.outbox import Outbox
from sweep.tracking.store import address, open_store

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient


_FEW = 20  # runs that are looked for: somebody may have deleted some of them


class AnotherStoreError(SpecError):
    """The runs of a launch are in another store than the one that is named now."""


def refuse_another_store(paths: LaunchPaths) -> None:
    """Check the store of a launch before it goes on, if it can be asked just now.

    Raises:
        AnotherStoreError: The runs of the launch would be spread over two stores.
        OSError: Its notes cannot be read.
    """
    outbox = Outbox(paths.outbox, paths.delivered, paths.refused)
    try:
        if outbox.store not in ("", address()):
            experiment_of(open_store(), outbox, paths)
    except AnotherStoreError:
        raise
    except Exception:  # the store cannot be reached; the delivery will check again
        return
    finally:
        outbox.close()


def experiment_of(client: MlflowClient, outbox: Outbox, paths: LaunchPaths) -> str:
    """The id of the experiment that has the runs of a launch; empty if it has no runs yet.

    Raises:
        AnotherStoreError: A store at another address than before does not know them.
        SweepError: The store no longer has them.
        Exception: Whatever MLflow, its database or the network may throw.
    """
    from mlflow.exceptions import MlflowException

    for run_id in islice(outbox.run_ids.values(), _FEW):
        try:
            return str(client.get_run(run_id).info.experiment_id)
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
    if not outbox.run_ids:
        return ""
    if outbox.store not in ("", address()):
        raise AnotherStoreError(
            f"MLFLOW_TRACKING_URI: the runs of {paths.title} are in {outbox.store}, and "
            f"{address()} does not know them; name the first again, or remove "
            f"{paths.delivered} to log all of the launch to the second"
        )
    raise gone(paths)


def gone(paths: LaunchPaths) -> SweepError:
    """The runs of a launch were deleted for good: what to do."""
    return SweepError(
        f"the runs of {paths.title} are gone from {address()} for good; remove {paths.delivered} "
        "to log all of the launch anew"
    )
