"""Exceptions from schemathesis's checks, each with a reason.

`st run` loads this module from `tests/api/schemathesis.toml`.
"""

from typing import Any

import schemathesis
from jsonschema import Draft202012Validator
from schemathesis import Case, HookContext, Response
from schemathesis.openapi.checks import JsonSchemaError, RejectedPositiveData

# Rules that a schema cannot express, by the parameter in the problem document.
PARAMETER_RULES = {
    "after": "A position in this server's feed, from a page's `next`.",
    "as_of": "A timestamp in the past that exists in UTC.",
    "before": "An entry of the ledger, which is shorter.",
    "cursor": "A position in a list with this ordering, from a page's `next`.",
    "expand": "Not allowed with `as_of`: one parameter depends on another.",
    "from": "An entry of the ledger, which is shorter.",
    "index": "An entry of the ledger, which is shorter.",
    "new": "An entry of the ledger, which is shorter.",
    "old": "An entry of the ledger, which is shorter.",
    "size": "An entry of the ledger, which is shorter.",
    "stated_on__gte": "A date that exists.",
    "stated_on__lt": "A date that exists.",
}

# Rules for bodies that a schema cannot express, by the text in the problem document.
BODY_RULES = {
    "There is no ": "An id belongs to a record that the caller may see.",
    " already exists.": "A unique value of another record is taken.",
    " is not a date": "A date that exists, which no pattern can express.",
    "Control character ": "The allowed control characters differ: quotations keep them.",
    "Bidirectional control": "The same rule as for control characters.",
    "Null characters ": "The same rule as for control characters.",
    " is not a site: ": "A valid host name, which no pattern can express (RFC 5891).",
}


@schemathesis.hook
def filter_failure(
    context: HookContext,
    failure: Exception,
    case: Case,
    response: Response,
) -> bool:
    """Return whether a failure counts."""
    match failure:
        case RejectedPositiveData():
            return not _breaks_inexpressible_rule(response)
        case JsonSchemaError():
            # `fields` leaves required members out, which no schema can express.
            return not (
                "fields" in (case.query or {}) and _conforms_without_required(case, response)
            )
    return True


def _breaks_inexpressible_rule(response: Response) -> bool:
    faults = response.json().get("errors", []) if response.status_code == 400 else []
    return bool(faults) and all(
        fault.get("parameter") in PARAMETER_RULES
        or any(words in fault["detail"] for words in BODY_RULES)
        for fault in faults
    )


def _conforms_without_required(case: Case, response: Response) -> bool:
    """Return whether a response conforms to its schema without the required members."""
    document = _without_required(case.operation.schema.raw_schema)
    responses = document["paths"][case.path][case.method.lower()]["responses"]
    schema = responses[str(response.status_code)]["content"]["application/json"]["schema"]
    components = {"components": document["components"]}
    return Draft202012Validator(schema | components).is_valid(response.json())


def _without_required(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_required(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: _without_required(value)
        for name, value in schema.items()
        if not (name == "required" and isinstance(value, list))
    }
