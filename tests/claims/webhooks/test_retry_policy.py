"""Retries come at growing, random intervals."""

from datetime import timedelta
from itertools import pairwise
from random import Random

from claims.webhooks import retry_policy


def test_delays_grow_and_attempts_end_after_about_three_days() -> None:
    random = Random(6)  # noqa: S311
    delays = [retry_policy.compute_delay(n, random) for n in range(1, retry_policy.MAX_ATTEMPTS)]
    assert timedelta(seconds=24) <= delays[0] <= timedelta(seconds=36)
    assert all(a * 2 < b for a, b in pairwise(delays[:6]))
    assert timedelta(days=2.4) < sum(delays, timedelta()) < timedelta(days=3.6)
    assert len({retry_policy.compute_delay(9, random) for _ in range(20)}) == 20
    assert retry_policy.compute_delay(10_000, random) < timedelta(hours=15)
