"""Checks responses against Web/openapi.json: each response that a test reads has exactly the documented members."""

import functools
import json
import pathlib
import re
import urllib.parse

import jsonschema

DOCUMENT = json.loads((pathlib.Path(__file__).resolve().parents[2] / "Web" / "openapi.json").read_text(encoding="utf-8"))
METHODS = ("get", "post", "put", "delete")
#: Statuses with which the server rejects a request on any route.
SERVER = {400, 405, 408, 413, 414, 417, 431, 503, 505}
#: The security of operations that need no sign-in.
OPEN = [{}]
MESSAGE = {"$ref": "#/components/schemas/Message"}


@functools.cache
def _patterns():
    return [(re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))), path) for path in DOCUMENT["paths"]]


def operation_path(path):
    """The documented path that matches a path; None for pages, files and unknown paths."""
    found = [name for pattern, name in _patterns() if pattern.fullmatch(path)]
    return found[0] if found else None


@functools.cache
def _validator(text):
    # Schemas refer to each other by paths in the document.
    schema = json.loads(text) | {"components": DOCUMENT["components"]}
    return jsonschema.Draft202012Validator(schema)


def validate(value, schema):
    """Raises an assertion that names the first member that does not match."""
    validator = _validator(json.dumps(schema, sort_keys=True))
    if validator.is_valid(value):
        return
    error = jsonschema.exceptions.best_match(validator.iter_errors(value))
    raise AssertionError(f"{error.json_path}: {error.message[:500]}")


def resolved(part):
    """Resolves a `$ref` in the OpenAPI document."""
    while "$ref" in part:
        value = DOCUMENT
        for name in part["$ref"].removeprefix("#/").split("/"):
            value = value[name]
        part = value
    return part


def check(method, target, answer):
    """Checks one response; pages, files and preflights are not documented."""
    path = urllib.parse.urlsplit(target).path
    known = operation_path(path)
    if known is None and answer.status != 404:
        # Perhaps below a base path; another one of that form is unknown.
        known = operation_path(re.sub(r"^/[^/]+", "", path))
    content = (answer.field("Content-Type") or "").split(";")[0]
    if method in ("HEAD", "OPTIONS") or (known is None and answer.status < 400) or answer.status in (204, 304):
        return
    try:
        _check(known and DOCUMENT["paths"][known].get(method.lower()), answer, content)
    except AssertionError as failure:
        raise AssertionError(f"{method} {target} {answer.status}: {failure}") from None


def _check(operation, answer, content):
    responses = operation["responses"] if operation else {}
    response = responses.get(str(answer.status))
    if response is None:
        assert answer.status in SERVER | ({404} if operation is None else set()), "the status is not described"
        schemas = {"application/json": {"schema": MESSAGE}}
    else:
        schemas = resolved(response)["content"]
    assert content in schemas, f"the content type {content} is not described"
    if content == "application/json":
        validate(json.loads(answer.body), schemas[content]["schema"])
