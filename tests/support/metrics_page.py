"""Parses the page at /metrics."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families


def counted(page: str, name: str, **labels: str) -> float:
    """Return the sum of a metric's samples that have these labels."""
    return sum(
        sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def families(page: str) -> dict[str, set[str]]:
    """Return the names of the metrics, as used in queries, with the labels of each."""
    return {
        f"{family.name}_total" if family.type == "counter" else family.name: {
            label for sample in family.samples for label in sample.labels if label != "le"
        }
        for family in text_string_to_metric_families(page)
    }
