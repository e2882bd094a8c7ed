"""The three models of `forecast/2`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from service.methods.forecast.terms import (
    COUNTS,
    HEAD,
    LIKELIHOOD,
    OTHERS,
    POOLED,
    PRODUCTS,
    RECORDS,
    SHORT_RECORDS,
    STANCES,
    STORED,
    Floats,
    Reals,
    Term,
)

_STANCE_COLUMNS = [STORED.index(f"stance_{stance}") for stance in STANCES]
_COUNT_COLUMNS = [STORED.index(f"others_{group}") for group in OTHERS]


class Model(NamedTuple):
    """One of the models whose forecasts are averaged; all models are trained on the same rows."""

    terms: tuple[Term, ...]
    """The features with the priors of their weights; the last one is the likelihood."""
    columns: list[int]
    """The columns of `features.Design.features` that the first terms use."""
    has_products: bool
    """Whether the counts of other votes, multiplied by the stance of the report, are features, too."""

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
            parts.append(products.reshape(len(features), len(PRODUCTS)))
        return np.column_stack([*parts, likelihood]).astype(np.float64)


def _model(stored: tuple[Term, ...], products: tuple[Term, ...] = ()) -> Model:
    columns = [STORED.index(term.name) for term in stored]
    return Model((*stored, *products, LIKELIHOOD), columns, has_products=bool(products))


MODELS = (
    _model((*HEAD, *POOLED, *RECORDS)),
    _model((*HEAD, *POOLED, *SHORT_RECORDS)),
    _model((*HEAD, *RECORDS, *COUNTS), PRODUCTS),
)
"""The models of `forecast/2`: with pooled contexts, with more trust in short records, with counts."""
