"""A schedule that takes its time, for tests that need a long training: it costs no processor."""

import time

import ray

from snn.registry import Component

COMPONENTS = (Component(kind="schedule", name="slow", make="slow"),)


def slow(progress):
    if ray.is_initialized() and ray.get_runtime_context().get_actor_id():  # no check of the driver
        time.sleep(0.2)  # before every batch; an epoch of digits has five
    return 1 - progress / 2
