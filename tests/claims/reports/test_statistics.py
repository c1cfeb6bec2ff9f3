"""Series and age bands of the desk's statistics."""

from datetime import UTC, datetime, timedelta

import pytest

from claims.models import Claim
from claims.reports.statistics import AGE_BANDS, fill_months, in_age_band
from tests import factories as make


def test_a_series_contains_months_without_claims() -> None:
    assert fill_months({"2025-11": 1, "2026-02": 1}) == ["2025-11", "2025-12", "2026-01", "2026-02"]
    assert fill_months({}) == []


@pytest.mark.django_db
def test_every_claim_is_in_exactly_one_age_band() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    make.ClaimFactory()
    for days in (-1, 0, 0.5, 1, 6.99, 7, 29, 30, 5000):
        Claim.objects.update(created_at=now - timedelta(days=days))
        bands = [
            band for band in range(len(AGE_BANDS)) if Claim.objects.filter(in_age_band(now, band))
        ]
        assert len(bands) == 1, days
