"""Tests of the JSON API, most of them one battery that each resource joins."""

import pytest

pytest.register_assert_rewrite("tests.api.battery", "tests.api.contract")
