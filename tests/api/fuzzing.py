"""What schemathesis may find although it is right: each with the reason.

`st run` loads this by `tests/api/schemathesis.toml`.
"""

from typing import Any

import schemathesis
from jsonschema import Draft202012Validator
from schemathesis import Case, HookContext, Response
from schemathesis.openapi.checks import JsonSchemaError, RejectedPositiveData

# What a schema cannot say of a value, by the parameter that the problem document names.
BEYOND_THE_DOCUMENT = {
    "after": "A place in this server's feed, as only a page's `next` gives it.",
    "as_of": "A moment that is past, and one of the calendar in UTC.",
    "before": "Of the ledger, which is shorter.",
    "cursor": "A place in a list of this ordering, as only a page's `next` gives it.",
    "expand": "Not together with `as_of`: one parameter depends on another.",
    "from": "Of the ledger, which is shorter.",
    "index": "Of the ledger, which is shorter.",
    "new": "Of the ledger, which is shorter.",
    "old": "Of the ledger, which is shorter.",
    "size": "Of the ledger, which is shorter.",
    "stated_on__gte": "A day of the calendar.",
    "stated_on__lt": "A day of the calendar.",
}

# What a schema cannot say of a body, by how the problem document says it.
BEYOND_THE_BODY = {
    "There is no ": "An id is of a record that there is, and that the caller may see.",
    " already exists.": "What another record has is taken; and which there are, no schema says.",
    " is not a date": "A day of the calendar is more than a pattern says.",
    "Control character U+": "Which controls a text may hold differs: a source keeps its words.",
    "Bidirectional control": "As control characters.",
    "Null characters ": "As control characters.",
    " is not a site: ": "Whether a name is a host's is more than a pattern says (RFC 5891).",
}


@schemathesis.hook
def filter_failure(
    context: HookContext,
    failure: Exception,
    case: Case,
    response: Response,
) -> bool:
    """Keep a failure, unless it is one that is none."""
    match failure:
        case RejectedPositiveData():
            return not _is_beyond_the_document(response)
        case JsonSchemaError():
            # Required members are there unless `fields` leaves them out, and no schema can say so.
            return not ("fields" in (case.query or {}) and _fits_in_part(case, response))
    return True


def _is_beyond_the_document(response: Response) -> bool:
    faults = response.json().get("errors", []) if response.status_code == 400 else []
    return bool(faults) and all(
        fault.get("parameter") in BEYOND_THE_DOCUMENT
        or any(
            words in fault["detail"] and fault["detail"] != "There is no such field."
            for words in BEYOND_THE_BODY
        )
        for fault in faults
    )


def _fits_in_part(case: Case, response: Response) -> bool:
    """Whether a narrowed answer fits its schema but for what was left out."""
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
