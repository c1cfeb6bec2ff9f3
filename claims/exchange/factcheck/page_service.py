"""Creates, updates and deletes pages by means of drafts and transitions, as the desk does."""

from collections import defaultdict
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from claims import workflow
from claims.choices import IMPORT_ACTION, PUBLIC_STATES, VersionState
from claims.exchange.claimreview.extractor import Item
from claims.exchange.claimreview.normalizer import load_markup
from claims.exchange.claimreview.parser import parse_claim
from claims.exchange.claimreview.vocabulary import Json
from claims.exchange.factcheck.markup import has_same_markup, merge_reviews
from claims.exchange.factcheck.page_parser import InvalidPage, ParsedPage, parse_page
from claims.exchange.factcheck.pages import LIVE_STATES, Page, find_reviews_of_page
from claims.exchange.factcheck.responses import ApiError
from claims.exchange.importing.draft_batch import Draft, DraftBatch, DraftRefused
from claims.exchange.importing.entity_resolver import DraftEntityResolver
from claims.exchange.importing.matching_keys import name_key
from claims.exchange.importing.rows import Outcome, Row, read_row
from claims.models import Review
from claims.public_urls import parse_review_slug
from claimsapi.core.ledger.audit_context import audit_context
from claimsapi.core.models import User
from sources.models import Publisher

# For all records that a page can create or change.
_WRITE_PERMISSIONS: Final = (
    *(f"claims.{act}_{model}" for act in ("add", "change") for model in ("claim", "reviewversion")),
    *("claims.add_review", "claims.add_rating", "claims.add_ratingscale"),
    *("claims.add_statement", "claims.delete_statement"),
    *("claims.view_review", "claims.view_reviewversion"),
    *(f"sources.add_{model}" for model in ("publisher", "speaker", "identifier")),
    *("sources.add_affiliation", "sources.add_document"),
)
_DELETE_PERMISSIONS: Final = (
    "claims.view_review",
    "claims.view_reviewversion",
    "claims.delete_reviewversion",
)
RETRACTION_NOTE: Final = "The page with this review was withdrawn."  # public


def create_page(*, body: Any, user: User) -> dict[str, Any]:
    """Create a page: each markup becomes a review with a draft. Returns the page."""
    _check_permissions(user, _WRITE_PERMISSIONS)
    parsed = _parse_own_page(body)
    with transaction.atomic():
        page = lock_page(parsed.url, parsed.site, user)
        if page.live_reviews:
            message = f"pageUrl: this page exists already. Update {page.name}."
            raise ApiError(409, message, "pageUrl", status="ALREADY_EXISTS")
        _save_markups(page, parsed, user)
        return Page.load(parsed.url, user).serialize()


def update_page(*, page_id: str, body: Any, user: User) -> dict[str, Any]:
    """Replace the markups of a page. Returns the page.

    New and changed markups become drafts. Missing markups are withdrawn. Raises ``ApiError`` if the
    page is not the version that the request names; in that case no record changes.
    """
    _check_permissions(user, _WRITE_PERMISSIONS)
    page = Page.load_by_id(page_id, user)
    parsed = _parse_own_page(body)
    if parsed.name not in {"", page.name, f"pages/{page_id}"}:
        raise ApiError(400, f"name: the name of this page is {page.name}.", "name")
    if parsed.url != page.url:
        message = "pageUrl: the URL of a page cannot change. Create a page and delete this one."
        raise ApiError(400, message, "pageUrl")
    if not parsed.version:
        message = "versionId: is missing. Send the versionId of the page that you read."
        raise ApiError(400, message, "versionId")
    with transaction.atomic():
        page = lock_page(parsed.url, parsed.site, user)
        if parsed.version != page.version_id or not page.live_reviews:
            message = "versionId: the page has changed since you read it. Read it again."
            raise ApiError(409, message, "versionId")
        _save_markups(page, parsed, user)
        return Page.load(parsed.url, user).serialize()


def delete_page(*, page_id: str, user: User) -> dict[str, Any]:
    """Delete a page: discard its drafts and retract its published versions."""
    _check_permissions(user, _DELETE_PERMISSIONS)
    page = Page.load_by_id(page_id, user)
    with transaction.atomic():
        page = lock_page(page.url, page.reviews[0].publisher.site, user)
        for review, _ in page.live_reviews:
            _withdraw(review, user)
    return {}


def _check_permissions(user: User, permissions: tuple[str, ...]) -> None:
    if missing := [name for name in permissions if not user.has_perm(name)]:
        raise ApiError(403, f"Your role lacks these permissions: {', '.join(missing)}.")


def _parse_own_page(body: Any) -> ParsedPage:
    """Parse a page of our own sites that the desk does not publish itself."""
    try:
        parsed = parse_page(body)
    except InvalidPage as error:
        raise ApiError(400, str(error), violations=error.violations) from None
    if parsed.site not in settings.FACTCHECK_SITES:
        message = f"pageUrl: FACTCHECK_SITES does not include {parsed.site}."
        raise ApiError(403, message, "pageUrl")
    if parse_review_slug(parsed.url) is not None:
        raise ApiError(400, "pageUrl: the desk publishes this page itself.", "pageUrl")
    return parsed


def lock_page(url: str, site: str, user: User) -> Page:
    """Return the current page and lock its reviews until the end of the transaction.

    The lock of the publisher keeps two requests from creating the same page: no review of it
    exists yet. Reviews are locked in the order of their keys, as transitions do, so that two
    transactions never wait for each other.
    """
    # No key changes: with NO KEY, rows that refer to these records need not wait.
    Publisher.objects.select_for_update(no_key=True).filter(site=site).first()
    reviews = Review.objects.select_for_update(no_key=True).order_by("pk")
    page_reviews = find_reviews_of_page(url, user).order_by()
    list(reviews.filter(pk__in=page_reviews.values("pk")).values_list("pk"))
    # Read the page only now: another transaction may have changed it before the lock.
    return Page.load(url, user)


def _save_markups(page: Page, parsed: ParsedPage, user: User) -> None:
    publisher = Publisher.objects.filter(site=parsed.site).first()
    submitted = parsed.claim_reviews(publisher.name if publisher is not None else parsed.site)
    rows = [_read_markup(index, review) for index, review in enumerate(submitted)]
    reviews = _match_reviews(page, rows)
    drafts = []
    for row, claim_review in zip(rows, submitted, strict=True):
        review = reviews.get(row.number)
        draft = Draft(row) if review is None else _make_draft(row, claim_review, review)
        if draft is not None:
            drafts.append(draft)
    matched_pks = {review.pk for review in reviews.values()}
    for review, _ in page.live_reviews:
        if review.pk not in matched_pks:
            _withdraw(review, user)
    if not drafts:
        return
    batch = DraftBatch(DraftEntityResolver(), user, drafts)
    try:
        with audit_context(action=IMPORT_ACTION):
            batch.plan()
            batch.write()
    except DraftRefused as refused:
        field = ".".join(filter(None, [_markup_path(refused.row), refused.error.field]))
        raise ApiError(refused.error.status, str(refused), field) from None


def _read_markup(index: int, claim_review: Json) -> Row:
    # The importer has limits of its own, such as the length of a markup.
    row = read_row(index, Item(claim_review))
    if row.outcome == Outcome.REJECTED:
        raise ApiError(400, row.reason, _markup_path(row))
    return row


def _markup_path(row: Row) -> str:
    return f"claimReviewMarkups[{row.number}]"


def _make_draft(row: Row, claim_review: Json, review: Any) -> Draft | None:
    """Return the draft of a markup with an existing review; ``None`` if the markup is unchanged."""
    newest = next(iter(review.visible_versions), None)
    if newest is None:
        return Draft(row, review)
    stored = load_markup(newest.markup)[0]
    merged = _read_markup(row.number, merge_reviews(stored, claim_review))
    if newest.state in LIVE_STATES and has_same_markup(stored, merged.normalized):
        return None
    return Draft(merged, review, newest)


def _match_reviews(page: Page, rows: list[Row]) -> dict[int, Any]:
    """Return the existing review of each markup, by the number of its row.

    A review matches by URL and claim: first by every sign of the claim, then by its words. Of the
    rest, an unpublished review is a reworded one if it is the only one of its URL, and if its URL
    has one new markup.
    """
    reviews: dict[int, Any] = {}
    live = {review.pk for review, _ in page.live_reviews}
    published = {
        review.pk
        for review in page.reviews
        if any(version.state in PUBLIC_STATES for version in review.visible_versions)
    }
    # Live reviews come last: in the dictionary below, they replace withdrawn ones of their claim.
    candidates = sorted(page.reviews, key=lambda review: review.pk in live)
    # By its words alone, a claim can mean the opposite: "5 %" and "-5 %". So exact matches come
    # first, and a retracted review needs one.
    similar = [review for review in candidates if review.pk in live or review.pk not in published]
    for normalize, group in ((str.casefold, candidates), (name_key, similar)):
        used = {review.pk for review in reviews.values()}
        review_by_claim = {
            (review.identifier, normalize(_stored_claim(review))): review
            for review in group
            if review.pk not in used
        }
        for row in rows:
            key = (row.parsed_review.identifier, normalize(row.parsed_review.claim))
            if row.number not in reviews and key in review_by_claim:
                reviews[row.number] = review_by_claim.pop(key)
    used = {review.pk for review in reviews.values()}
    drafts_by_url: dict[str, list[Any]] = defaultdict(list)
    for review in page.reviews:
        if review.pk in live and review.pk not in published | used:
            drafts_by_url[review.identifier].append(review)
    rows_by_url: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.number not in reviews:
            rows_by_url[row.parsed_review.identifier].append(row)
    for url, new_rows in rows_by_url.items():
        if len(new_rows) == len(drafts_by_url[url]) == 1:
            reviews[new_rows[0].number] = drafts_by_url[url][0]
    return reviews


def _stored_claim(review: Any) -> str:
    """Return the claim in the newest markup. People may have changed the claim in the database."""
    newest = next(iter(review.visible_versions), None)
    if newest is None or not newest.markup:
        return str(review.claim.text)
    return parse_claim(load_markup(newest.markup)[0])


def _withdraw(review: Any, user: User) -> None:
    """Discard the open version and retract the published one, by transitions of the desk."""
    for version in review.versions.filter(state__in=LIVE_STATES).order_by("-number"):
        if version.state == VersionState.PUBLISHED:
            _apply_transition(version, workflow.RETRACT, user)
            continue
        draft = version
        if version.state == VersionState.SUBMITTED:
            # Only drafts can be deleted.
            draft = _apply_transition(version, workflow.RETURN, user)
        _check_permissions(user, _DELETE_PERMISSIONS)
        draft.delete()


def _apply_transition(version: Any, transition: workflow.Transition, user: User) -> Any:
    return workflow.apply_transition(
        record=version,
        transition=transition,
        user=user,
        text=RETRACTION_NOTE,
        revision=version.revision,
    )
