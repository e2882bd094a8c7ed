"""Contexts as the database stores them."""

from __future__ import annotations


def fitted_contexts(*cells, kappa=8.0, offset=0.0, claims=9):
    """Return the contexts of both bases, with cells given as a topic, its weight and its true weight in claims."""
    fitted = {
        "kappa": kappa,
        "offset": offset,
        "drift": 0.3,
        "shrinkage": [5.0, 5.0, 5.0],
        "claims": claims,
        "cells": [[["support", "fact", None, topic], weight * 10**9, true * 10**9] for topic, weight, true in cells],
    }
    return {"resolved": fitted, "matured": fitted}
