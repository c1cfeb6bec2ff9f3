"""Tests of the JSON API. Most are shared cases that run for each resource."""

import pytest

pytest.register_assert_rewrite(
    "tests.api.resource_cases", "tests.api.contract", "tests.api.private_work"
)
