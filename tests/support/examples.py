"""The number of Hypothesis examples, which depends on the profile and not on each test."""

from __future__ import annotations

from hypothesis import settings

PER_TEST = settings.default.max_examples
"""Examples per test: 50 in the profile `ci`, thousands in `deep`."""

costly = settings(max_examples=PER_TEST // 10)
"""A tenth of the examples, for tests whose examples take many requests or transactions."""

slow = settings(max_examples=PER_TEST // 3)
"""A third of the examples, for tests whose examples take about a tenth of a second."""
