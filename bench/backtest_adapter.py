"""The production learner behind the interface of the evaluation protocol, under the names that its judge imports."""

from tests.support.learner_adapter import Adapter, _claim, make

__all__ = ["Adapter", "_claim", "make"]
