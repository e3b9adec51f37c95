"""Writes the API's description: `python -m scripts.openapi`, or `make openapi`.

Routes, parameters and bodies come from the code through Powertools; what the code does not say (answers,
scopes, problems, words) comes from the table in operations.py.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from functions.broadcasts.api import api as broadcasts
from functions.channels.api import api as channels
from functions.channels.contacts import api as contacts
from functions.media.api import api as media
from functions.send.api import api as send
from functions.sync_templates.api import api as sync_templates
from kanal import errors
from kanal.errors import KanalError
from kanal.http.problems import STATUS
from scripts import shapes
from scripts.operations import OPERATIONS, Operation

ROOT = Path(__file__).resolve().parent.parent
PUBLISHED = ROOT / "docs" / "api" / "openapi.json"
SERVED = ROOT / "layers" / "common" / "src" / "kanal" / "http" / "openapi.json"

_Json = dict[str, Any]
_INTRODUCTION = """Connects 360dialog WhatsApp numbers to a customer-messaging platform.

Every route but health and this description wants a bearer token of one workspace with the scope named there.
Without a good token API Gateway answers 401 in its own words; all other refusals are problems (RFC 9457).
The events on the bus are described in docs/events.md, the codes of problems in docs/problems.md."""


def describe() -> _Json:
    """The whole description. Raises KeyError for a route without a row."""
    paths, schemas = _from_code()
    for path, methods in paths.items():
        for method, found in methods.items():
            methods[method] = _operation(found, OPERATIONS[f"{method} {path}"])
    _, defined = models_json_schema(
        [(shape, "validation") for shape in _shapes()], ref_template="#/components/schemas/{model}"
    )
    if twice := schemas.keys() & defined["$defs"].keys():
        raise ValueError(f"a body and an answer have the same name: {', '.join(sorted(twice))}")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kanal",
            "version": "1",
            "description": _INTRODUCTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": {**schemas, **defined["$defs"]},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _from_code() -> tuple[dict[str, _Json], _Json]:
    """Paths and body schemas of all handlers, in the order of the table."""
    paths: dict[str, _Json] = {route.split()[1]: {} for route in OPERATIONS}
    schemas: _Json = {}
    for api in (channels, contacts, send, media, broadcasts, sync_templates):
        found = json.loads(api.get_openapi_json_schema(title="Kanal", version="1"))
        for path, methods in found["paths"].items():
            paths[path].update(methods)
        schemas |= found["components"]["schemas"]
    own = {name: schema for name, schema in schemas.items() if not name.endswith("ValidationError")}
    return paths, own  # without those of Powertools, in whose place stands Problem


def _shapes() -> Iterable[type[BaseModel]]:
    return {shape: None for row in OPERATIONS.values() if (shape := row.answer)} | {shapes.Problem: None}


def _operation(found: _Json, row: Operation) -> _Json:
    described: _Json = {"operationId": row.name, "summary": row.summary}
    if row.scope:
        described["security"] = [{"token": [row.scope]}]
    if parameters := found.get("parameters"):
        described["parameters"] = [_parameter(each, row) for each in parameters]
    if body := found.get("requestBody"):
        content = {"schema": body["content"]["application/json"]["schema"], "examples": _examples(row)}
        required = body.get("required", False)
        described["requestBody"] = {"content": {"application/json": content}, "required": required}
    described["responses"] = _responses(row)
    return described


def _examples(row: Operation) -> _Json:
    return {name: {"value": value} for name, value in row.examples.items()}


def _parameter(found: _Json, row: Operation) -> _Json:
    if found["name"] != "idempotency-key":
        return found
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "required": row.wants_key,
        "description": "A key of your choice, new for each wish and the same when the request is repeated:"
        " however often it arrives, it is done once.",
        "schema": {"type": "string", "pattern": r"^[\x21-\x7e]{1,255}$"},
    }


def _responses(row: Operation) -> _Json:
    answers: _Json = {str(row.status): {"description": "Done"}}
    if row.answer:
        schema = {"$ref": f"#/components/schemas/{row.answer.__name__}"}
        answers[str(row.status)]["content"] = {"application/json": {"schema": schema}}
    if not row.scope:
        return answers
    by_status: dict[int, list[str]] = {}
    refusals: tuple[type[KanalError], ...] = (errors.Forbidden, *row.refusals)
    for refusal in refusals:
        by_status.setdefault(STATUS[refusal][0], []).append(refusal.code)
    answers["401"] = {"description": "No token, or not a good one; API Gateway's own words"}
    for status, codes in sorted(by_status.items()):
        answers[str(status)] = _problem(", ".join(codes))
    answers["default"] = _problem("aws_unavailable, configuration_error, internal_error")
    return answers


def _problem(words: str) -> _Json:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": words, "content": {"application/problem+json": {"schema": schema}}}


def published(description: _Json) -> str:
    """As it lies in docs/: for people and for differences between versions."""
    return json.dumps(description, indent=2, ensure_ascii=False) + "\n"


def served(description: _Json) -> str:
    """As the API answers it, without the white space."""
    return json.dumps(description, separators=(",", ":"), ensure_ascii=False) + "\n"


if __name__ == "__main__":
    made = describe()
    PUBLISHED.write_text(published(made))
    SERVED.write_text(served(made))
