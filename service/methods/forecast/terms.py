"""The terms of the three models of `forecast/2`: features, with the priors of their weights."""

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
_OTHERS = (Stance.SUPPORT, Stance.DENY, "rest")


class Term(NamedTuple):
    """A feature with the normal prior of its weight."""

    name: str
    mean: float
    deviation: float


_HEAD = (
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
_POOLED = (
    Term("base_rate", 0.8, 0.5),
    Term("contexts", 0.8, 0.5),
    Term("reports", 0.0, 0.3),
    Term("agreement", 0.3, 0.5),
)
_RECORDS = (
    Term("own_record", 0.7, 0.5),
    Term("records_support", 0.4, 0.4),
    Term("records_deny", 0.4, 0.4),
    Term("records_other", 0.4, 0.4),
)
_SHORT_RECORDS = tuple(term._replace(name=f"short_{term.name}") for term in _RECORDS)
_COUNTS = (Term("own_context", 0.8, 0.5), *(Term(f"others_{group}", 0.0, 0.5) for group in _OTHERS))
_PRODUCTS = tuple(Term(f"others_{group}_if_{stance}", 0.0, 0.4) for group in _OTHERS for stance in STANCES)
_LIKELIHOOD = Term("likelihood", 0.3, 0.4)

STORED = tuple(term.name for term in (*_HEAD, *_POOLED, *_RECORDS, *_SHORT_RECORDS, *_COUNTS))
"""The columns of `features.Design.features`."""
_STANCE_COLUMNS = [STORED.index(f"stance_{stance}") for stance in STANCES]
_COUNT_COLUMNS = [STORED.index(f"others_{group}") for group in _OTHERS]


class Model(NamedTuple):
    """One of the models whose mean is the forecast. All are trained on the same rows."""

    terms: tuple[Term, ...]
    """The last one is the likelihood."""
    columns: list[int]
    """The columns of `features.Design.features` that are its first features."""
    has_products: bool
    """Whether the products of these counts with the stance of the report are features, too."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(term.name for term in self.terms)

    def rows(self, features: Reals, likelihood: Reals) -> Floats:
        """Return the features of reports in the order of `terms`.

        Args:
            features: Rows of `features.Design.features`.
            likelihood: The pooled likelihoods of these reports, for the delta of the model.
        """
        parts = [features[:, self.columns]]
        if self.has_products:
            products = features[:, _COUNT_COLUMNS, None] * features[:, None, _STANCE_COLUMNS]
            parts.append(products.reshape(len(features), len(_PRODUCTS)))
        return np.column_stack([*parts, likelihood]).astype(np.float64)


def _model(stored: tuple[Term, ...], products: tuple[Term, ...] = ()) -> Model:
    columns = [STORED.index(term.name) for term in stored]
    return Model((*stored, *products, _LIKELIHOOD), columns, has_products=bool(products))


MODELS = (
    _model((*_HEAD, *_POOLED, *_RECORDS)),
    _model((*_HEAD, *_POOLED, *_SHORT_RECORDS)),
    _model((*_HEAD, *_RECORDS, *_COUNTS), _PRODUCTS),
)
"""The models of `forecast/2`: with pooled contexts; the same with more trust in short records; with counts instead."""
