"""The JSON schema of a specification: for editors, and for who wants to read all keys."""

from __future__ import annotations

from typing import Any

from snn.config import model
from sweep.spec.sweep import Confirm, Resources, Sampler, Scheduler, Sweep


def json_schema() -> dict[str, Any]:
    """JSON schema of a specification; `base` is that of a configuration."""
    schema = Sweep.model_json_schema()
    keys = model().model_json_schema()
    keys["properties"].pop("seed")
    properties = schema["properties"]
    properties["base"] = {**keys, "description": "keys that are fixed"}
    again = schema["$defs"][Confirm.__name__]["properties"]["base"]
    again["propertyNames"] = {"enum": sorted(keys["properties"])}
    properties["search"]["propertyNames"] = {"enum": sorted(keys["properties"])}
    properties["points"]["items"]["propertyNames"] = {"enum": sorted(keys["properties"])}
    for key, section in (("sampler", Sampler), ("scheduler", Scheduler)):
        name = schema["$defs"][section.__name__]["properties"]["name"]
        forms = [{"$ref": properties[key].pop("$ref")}, {"enum": name["enum"]}]
        properties[key] |= {"anyOf": forms, "description": section.__doc__}
    properties["resources"]["description"] = Resources.__doc__
    return schema
