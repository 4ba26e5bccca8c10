"""The JSON schema of a specification: for editors, and for users who look up a key."""

from __future__ import annotations

from typing import Any

from snn.config import model
from sweep.spec.sections.confirm import Confirm
from sweep.spec.sections.methods import sampler_model, scheduler_model
from sweep.spec.sections.resources import Resources
from sweep.spec.sections.stop import Stop
from sweep.spec.specification import Specification


def json_schema() -> dict[str, Any]:
    """JSON schema of a specification; `base` is that of a configuration."""
    schema = Specification.model_json_schema()
    keys = model().model_json_schema()
    keys["properties"].pop("seed")
    properties = schema["properties"]
    properties["base"] = {**keys, "description": "keys that are fixed"}
    again = schema["$defs"][Confirm.__name__]["properties"]["base"]
    again["propertyNames"] = {"enum": sorted(keys["properties"])}
    properties["search"]["propertyNames"] = {"enum": sorted(keys["properties"])}
    properties["points"]["items"]["propertyNames"] = {"enum": sorted(keys["properties"])}
    for key, method in (("sampler", sampler_model()), ("scheduler", scheduler_model())):
        schema["$defs"].pop(properties[key].pop("$ref").rpartition("/")[2])
        section = schema["$defs"][method.__name__] = method.model_json_schema()
        forms = [
            {"$ref": f"#/$defs/{method.__name__}"},
            {"enum": section["properties"]["name"]["enum"]},
        ]
        properties[key] |= {"anyOf": forms, "description": method.__doc__}
        properties[key]["default"] = method().model_dump()
    properties["budget"]["anyOf"].insert(0, {"type": "string"})  # a time
    properties["stop"]["description"] = Stop.__doc__
    properties["resources"]["description"] = Resources.__doc__
    return schema
