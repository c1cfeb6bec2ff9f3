"""What schemathesis may find although it is right: each with the reason.

`st run` loads this by `tests/api/schemathesis.toml`.
"""

import schemathesis
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
            # A schema's required members are there unless `fields` leaves them out, which no schema
            # can say; the battery checks whole and narrowed answers.
            narrowed = "fields" in (case.query or {})
            return not (narrowed and "is a required property" in str(failure))
    return True


def _is_beyond_the_document(response: Response) -> bool:
    faults = response.json().get("errors", []) if response.status_code == 400 else []
    return any(fault.get("parameter") in BEYOND_THE_DOCUMENT for fault in faults)
