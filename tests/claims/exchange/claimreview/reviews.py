"""Helpers of the tests of linked data and exports: published and imported reviews."""

from typing import Any

from claims.models import Topic
from tests import factories as make
from tests.claims.exchange.claimreview.corpus import plain
from tests.claims.exchange.importing.imports import import_objects

HOSTILE = "</script><!-- &amp; &quot;x&quot; <b>&lt;i></b> \u2028 \u05d0"
LINKED_DATA: dict[str, Any] = {"HTTP_ACCEPT": "application/ld+json"}


def publish_review(**values: Any) -> Any:
    """Publish a review with all properties that a ClaimReview can have."""
    values = {"body": f"Because.\n\n{HOSTILE}", "summary": HOSTILE, **values}
    version = make.published_version(**values)
    claim = version.review.claim
    topic = Topic.objects.filter(slug="ports").first()
    claim.topics.add(topic or make.TopicFactory(slug="ports", name="Ports, and ferries"))
    speaker = make.IdentifierFactory().speaker
    make.StatementFactory(
        claim=claim, speaker=speaker, stated_on="2024-05-01", stated_precision="month"
    )
    make.StatementFactory(claim=claim, document=None)
    return version.review


def make_reviews() -> None:
    """Make published, corrected, retracted, submitted and imported reviews."""
    scale = make.RatingScaleFactory()
    best = make.RatingFactory(scale=scale, label="True", position=1, value=5)
    worst = make.RatingFactory(scale=scale, label="False &lt;", position=2, value=1)
    publish_review(rating=best)
    make.corrected_version(publish_review(rating=worst).versions.get(), headline=HOSTILE)
    publish_review(rating=best, review__claim__text=f"Claim {HOSTILE.replace(chr(0x2028), ' ')}")
    make.retracted_version()
    make.submitted_version()
    import_objects(plain(), plain(url="https://checker.example/2", license="https://cc.example/"))
