"""How many examples Hypothesis draws: settled by the profile, not by each test."""

from __future__ import annotations

from hypothesis import settings

PER_TEST = settings.default.max_examples
"""Examples of each test: 50 under the profile `ci`, thousands under `deep`."""

costly = settings(max_examples=PER_TEST // 10)
"""For a test whose example takes many requests or transactions: a tenth of the others'."""
