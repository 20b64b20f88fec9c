"""The configuration's JSON Schema, for editors: `python -m pipeline.config.schema configs/schema.json`.

It is generated from the models and the catalogue of workloads and strategies, so that it can't say anything else
than they do.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from pipeline.config.models import Config

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_EXTENDS = {
    "type": "string",
    "description": (
        "Another configuration, relative to this file, whose keys hold where this one doesn't give them. "
        "Mappings are completed key by key; lists such as grids are replaced."
    ),
}


class _Untitled(GenerateJsonSchema):
    """Leaves out titles that only repeat the key."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002
        """False, always."""
        return False


def schema() -> dict[str, Any]:
    """The JSON Schema, draft 2020-12, of a configuration file."""
    made = Config.model_json_schema(by_alias=True, schema_generator=_Untitled)
    made["properties"]["extends"] = _EXTENDS
    required = made.pop("required")
    return {
        "$schema": DIALECT,
        **made,
        "title": "A whichpool configuration",
        "anyOf": [{"required": required}, {"required": ["extends"]}],
    }


def schema_text() -> str:
    """The content of `configs/schema.json`."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def main(arguments: Sequence[str]) -> None:
    """Writes the schema to the file named by the first argument, by default `configs/schema.json`."""
    path = Path(arguments[0] if arguments else "configs/schema.json")
    path.write_text(schema_text(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
