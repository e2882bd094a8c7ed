"""The terms of the models of `forecast/2`: features, with the priors of their weights."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from service.values.vocabulary import Stance

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Reals: TypeAlias = Floats | npt.NDArray[np.float32]
Bools: TypeAlias = npt.NDArray[np.bool_]
Values: TypeAlias = Floats | Bools

STANCES = tuple(Stance)
CODES = {stance: code for code, stance in enumerate(STANCES)}
COMMITMENTS = (1, 2, 3, 4)
OTHERS = (Stance.SUPPORT, Stance.DENY, "rest")


class Term(NamedTuple):
    """A feature with the normal prior of its weight."""

    name: str
    mean: float
    deviation: float


HEAD = (
    Term("bias", 0.0, 0.5),
    *(Term(f"stance_{stance}", 0.0, 0.5) for stance in STANCES),
    *(Term(f"commitment_{step}", 0.0, 0.5) for step in COMMITMENTS),
    Term("same_outlet", 0.0, 0.5),
    Term("first", 0.0, 0.5),
    Term("rivals", 0.0, 0.5),
    Term("stated", 1.0, 0.3),
    Term("is_stated", 0.0, 0.5),
    Term("stated_contexts", 0.0, 0.3),
    Term("stated_agreement", 0.0, 0.3),
)
POOLED = (
    Term("base_rate", 0.8, 0.5),
    Term("contexts", 0.8, 0.5),
    Term("reports", 0.0, 0.3),
    Term("agreement", 0.3, 0.5),
)
RECORDS = (
    Term("own_record", 0.7, 0.5),
    Term("records_support", 0.4, 0.4),
    Term("records_deny", 0.4, 0.4),
    Term("records_other", 0.4, 0.4),
)
SHORT_RECORDS = tuple(term._replace(name=f"short_{term.name}") for term in RECORDS)
COUNTS = (Term("own_context", 0.8, 0.5), *(Term(f"others_{group}", 0.0, 0.5) for group in OTHERS))
PRODUCTS = tuple(Term(f"others_{group}_if_{stance}", 0.0, 0.4) for group in OTHERS for stance in STANCES)
LIKELIHOOD = Term("likelihood", 0.3, 0.4)

STORED = tuple(term.name for term in (*HEAD, *POOLED, *RECORDS, *SHORT_RECORDS, *COUNTS))
"""The columns of `features.Design.features`."""
