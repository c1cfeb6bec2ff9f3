"""Making, changing and taking away pages: by drafts, by the table of moves, never around them."""

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
from claims.exchange.factcheck.markup import same, taken_over
from claims.exchange.factcheck.page_parser import InvalidPage, Sent, parse_page
from claims.exchange.factcheck.pages import LIVING, Page, reviews_at
from claims.exchange.factcheck.responses import Refused
from claims.exchange.importing.draft_batch import Draft, DraftBatch, DraftRefused
from claims.exchange.importing.entity_resolver import DraftEntityResolver
from claims.exchange.importing.matching_keys import name_key
from claims.exchange.importing.rows import Outcome, Row, read_row
from claims.models import Review
from claims.public_urls import parse_review_slug
from claimsapi.core.ledger.audit_context import audit_context
from claimsapi.core.models import User
from sources.models import Publisher

# All that a page may bring with it.
_WRITES: Final = (
    *(f"claims.{act}_{model}" for act in ("add", "change") for model in ("claim", "reviewversion")),
    *("claims.add_review", "claims.add_rating", "claims.add_ratingscale"),
    *("claims.add_statement", "claims.delete_statement"),
    *("claims.view_review", "claims.view_reviewversion"),
    *(f"sources.add_{one}" for one in ("publisher", "speaker", "identifier")),
    *("sources.add_affiliation", "sources.add_document"),
)
_DELETES: Final = ("claims.view_review", "claims.view_reviewversion", "claims.delete_reviewversion")
WITHDRAWN: Final = "The page that this review stood on was withdrawn."  # the public note


def page_create(*, body: Any, user: User) -> dict[str, Any]:
    """Make a page: each markup becomes the draft of a review."""
    _allow(user, _WRITES)
    sent = _sent(body)
    with transaction.atomic():
        page = _locked(sent.url, sent.site, user)
        if page.standing:
            fault = f"There is such a page: update {page.name}."
            raise Refused(409, fault, "pageUrl", status="ALREADY_EXISTS")
        _write(page, sent, user)
        return Page.at(sent.url, user).body()


def page_update(*, page_id: str, body: Any, user: User) -> dict[str, Any]:
    """Put other markups in a page's place.

    What is new or other becomes a draft; what is missing is withdrawn. ``Refused`` if the page has
    changed since it was read; then nothing was changed.
    """
    _allow(user, _WRITES)
    named = Page.named(page_id, user)
    sent = _sent(body)
    if sent.name not in {"", named.name, f"pages/{page_id}"}:
        raise Refused(400, f"name: this is {named.name}.", "name")
    if sent.url != named.url:
        fault = "pageUrl: a page keeps its address. Create one at the other, and delete this one."
        raise Refused(400, fault, "pageUrl")
    if not sent.version:
        raise Refused(
            400, "versionId is missing: send that of the page as you read it.", "versionId"
        )
    with transaction.atomic():
        page = _locked(sent.url, sent.site, user)
        if sent.version != page.version_id or not page.standing:
            raise Refused(409, "The page was changed since you read it: get it again.", "versionId")
        _write(page, sent, user)
        return Page.at(sent.url, user).body()


def page_delete(*, page_id: str, user: User) -> dict[str, Any]:
    """Take a page away: drafts are discarded, and what is published is retracted."""
    _allow(user, _DELETES)
    named = Page.named(page_id, user)
    with transaction.atomic():
        page = _locked(named.url, named.reviews[0].publisher.site, user)
        for review, _ in page.standing:
            _withdraw(review, user)
    return {}


def _allow(user: User, permissions: tuple[str, ...]) -> None:
    lacking = [name for name in permissions if not user.has_perm(name)]
    if lacking:
        raise Refused(403, f"Your role does not allow this: it lacks {', '.join(lacking)}.")


def _sent(body: Any) -> Sent:
    try:
        sent = parse_page(body)
    except InvalidPage as unfit:
        raise Refused(400, str(unfit), violations=unfit.violations) from None
    if sent.site not in settings.FACTCHECK_SITES:
        fault = f"pageUrl: {sent.site} is no site of this desk: it is not in FACTCHECK_SITES."
        raise Refused(403, fault, "pageUrl")
    if parse_review_slug(sent.url) is not None:
        raise Refused(400, "pageUrl: this page is made by the desk itself.", "pageUrl")
    return sent


def _locked(url: str, site: str, user: User) -> Page:
    """The page as it is now; nobody else changes it until the transaction ends."""
    # No key is changed, and who refers to one of these need not wait.
    Publisher.objects.select_for_update(no_key=True).filter(site=site).first()
    reviews = Review.objects.select_for_update(no_key=True).order_by("pk")
    list(reviews.filter(pk__in=reviews_at(url, user).order_by().values("pk")).values_list("pk"))
    return Page.at(url, user)


def _write(page: Page, sent: Sent, user: User) -> None:
    publisher = Publisher.objects.filter(site=sent.site).first()
    found = sent.reviews(publisher.name if publisher is not None else sent.site)
    rows = [_row(number, one) for number, one in enumerate(found)]
    about = _matched(page, rows)
    drafts = []
    for row, one in zip(rows, found, strict=True):
        review = about.get(row.number)
        draft = _draft(row, one, review) if review is not None else Draft(row)
        if draft is not None:
            drafts.append(draft)
    kept = {review.pk for review in about.values()}
    for review, _ in page.standing:
        if review.pk not in kept:
            _withdraw(review, user)
    if not drafts:
        return
    batch = DraftBatch(DraftEntityResolver(), user, drafts)
    try:
        with audit_context(action=IMPORT_ACTION):
            batch.plan()
            batch.write()
    except DraftRefused as refused:
        field = ".".join(filter(None, [_field(refused.row), refused.error.field]))
        raise Refused(refused.error.status, str(refused), field) from None


def _row(number: int, found: Json) -> Row:
    row = read_row(number, Item(found))
    if row.outcome == Outcome.REJECTED:
        raise Refused(400, row.reason, _field(row))
    return row


def _field(row: Row) -> str:
    return f"claimReviewMarkups[{row.number}]"


def _draft(row: Row, found: Json, review: Any) -> Draft | None:
    """What becomes of a markup whose review is here; none if it says what that says already."""
    newest = next(iter(review.seen), None)
    if newest is None:
        return Draft(row, review)
    before = load_markup(newest.markup)[0]
    whole = _row(row.number, taken_over(before, found))
    if newest.state in LIVING and same(before, whole.normalized):
        return None
    return Draft(whole, review, newest)


def _matched(page: Page, rows: list[Row]) -> dict[int, Any]:
    """Which review each markup is about: that of its claim at its address.

    The one review of an address that nobody has published, and the one markup: it was reworded.
    """
    about: dict[int, Any] = {}
    living = {review.pk for review, _ in page.standing}
    published = {
        review.pk for review in page.reviews if any(v.state in PUBLIC_STATES for v in review.seen)
    }
    # Those that stand come last, and so before those that were withdrawn.
    here = sorted(page.reviews, key=lambda review: review.pk in living)
    # To the letter first, since a sign more or less may be another claim; what was retracted stands
    # again to the letter alone.
    alike = [review for review in here if review.pk in living or review.pk not in published]
    for read_as, reviews in ((str.casefold, here), (name_key, alike)):
        taken = {review.pk for review in about.values()}
        by_claim = {
            (review.identifier, read_as(_words(review))): review
            for review in reviews
            if review.pk not in taken
        }
        for row in rows:
            key = (row.parsed_review.identifier, read_as(row.parsed_review.claim))
            if row.number not in about and key in by_claim:
                about[row.number] = by_claim.pop(key)
    taken = {review.pk for review in about.values()}
    left: dict[str, list[Any]] = defaultdict(list)
    for review in page.reviews:
        if review.pk in living and review.pk not in published | taken:
            left[review.identifier].append(review)
    new: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.number not in about:
            new[row.parsed_review.identifier].append(row)
    for address, those in new.items():
        if len(those) == len(left[address]) == 1:
            about[those[0].number] = left[address][0]
    return about


def _words(review: Any) -> str:
    """The claim as the newest markup of the review has it."""
    newest = next(iter(review.seen), None)
    if newest is None or not newest.markup:
        return str(review.claim.text)
    return parse_claim(load_markup(newest.markup)[0])


def _withdraw(review: Any, user: User) -> None:
    """Discard the open version, and retract the published one: as the desk does it."""
    for version in review.versions.filter(state__in=LIVING).order_by("-number"):
        if version.state == VersionState.PUBLISHED:
            _move(version, workflow.RETRACT, user)
            continue
        if version.state == VersionState.SUBMITTED:
            version = _move(version, workflow.RETURN, user)  # noqa: PLW2901  the same, as it is now
        _allow(user, _DELETES)
        version.delete()


def _move(version: Any, move: workflow.Transition, user: User) -> Any:
    return workflow.apply_transition(
        record=version, transition=move, user=user, text=WITHDRAWN, revision=version.revision
    )
