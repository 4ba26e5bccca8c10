"""Whether MLflow is still the one that has the runs of a launch: its address may be changed.

The addresses alone do not tell. A store may have a new one, and a run may be gone from its store
for good; but a run that a store at a new address does not know is in another store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweep.errors import SpecError
from sweep.outbox import Outbox
from sweep.paths import LaunchPaths
from sweep.store import address, open_store

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient


class AnotherStoreError(SpecError):
    """The runs of a launch are in another store than the one that is named now."""


def refuse_another_store(paths: LaunchPaths) -> None:
    """Check the store of a launch before it goes on, if it can be asked just now.

    Raises:
        AnotherStoreError: The launch would be torn in two.
        OSError: Its notes cannot be read.
    """
    outbox = Outbox(paths.outbox, paths.delivered, paths.refused)
    try:
        if outbox.store not in ("", address()):
            check_store(open_store(), outbox, paths)
    except AnotherStoreError:
        raise
    except Exception:  # it is away, in whatever way: who delivers will look again
        return
    finally:
        outbox.close()


def check_store(client: MlflowClient, outbox: Outbox, paths: LaunchPaths) -> None:
    """Check that a store has the runs of a launch, if it is at another address than before.

    Raises:
        AnotherStoreError: It has not.
        Exception: Whatever MLflow, its database or the network may throw.
    """
    from mlflow.exceptions import MlflowException

    if outbox.store in ("", address()) or not outbox.run_ids:
        return
    try:
        client.get_run(next(iter(outbox.run_ids.values())))
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        raise AnotherStoreError(
            f"MLFLOW_TRACKING_URI: the runs of {paths.title} are in {outbox.store}, and "
            f"{address()} does not know them; name the first again, or remove "
            f"{paths.delivered} to log all of the launch to the second"
        ) from None
