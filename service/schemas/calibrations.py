"""Calibrations of stated probabilities in requests and responses."""

from __future__ import annotations

from service.schemas import shown
from service.schemas.fields import Answer, one_of
from service.schemas.lens_queries import BASIS, LensQuery, OneOutletQuery
from service.schemas.score_parts import BrierOut, IntervalOut
from service.schemas.scores import METHOD
from service.values.vocabulary import Basis


class CalibrationQuery(LensQuery, OneOutletQuery):
    """The query parameters of an outlet's calibration."""

    basis = one_of(Basis, BASIS, load_default=Basis.RESOLVED)


class BinOut(Answer):
    """A bin: the claims whose stated probability falls in the same tenth of the scale from 0 to 1."""

    lower = shown.share("The smallest probability in the bin.")
    upper = shown.share("The upper end of the bin. This probability itself is in the next bin, except in the last one.")
    n = shown.count("The number of claims in the bin.")
    mean_probability = shown.share("The mean of the stated probabilities.")
    share_true = shown.share("The share of the claims that proved true.")
    interval = shown.part(IntervalOut, "The credible interval of `share_true`, with Jeffreys' prior.")


class DecompositionOut(Answer):
    """The parts of a Brier score, which is reliability - resolution + uncertainty + within_bins."""

    reliability = shown.share(
        "The mean squared difference between the stated probabilities and the shares that proved true; 0 is best."
    )
    resolution = shown.share("The ability of the probabilities to tell true from false claims; higher is better.")
    uncertainty = shown.share("The uncertainty of the claims themselves: at most 0.25, when half of them proved true.")
    within_bins = shown.number(
        "The remainder from different probabilities within a bin; close to 0, and sometimes negative."
    )


class CalibrationOut(Answer):
    """The accuracy of the probabilities that an outlet stated."""

    outlet = shown.text("The outlet's slug.")
    topic = shown.text(
        "The topic that the calibration is limited to, with all topics below it; null for all claims.", allow_none=True
    )
    basis = shown.choice(Basis, BASIS)
    as_of = shown.instant("The moment that the calibration describes.")
    method = shown.text(METHOD)
    resolved = shown.count("The number of claims that are resolved and scored.")
    stated = shown.count("The number of these claims for which the outlet stated a probability.")
    brier = shown.part(
        BrierOut, "The accuracy of the stated probabilities; null if the outlet stated none.", allow_none=True
    )
    decomposition = shown.part(
        DecompositionOut, "The parts of the Brier score; null if the outlet stated no probability.", allow_none=True
    )
    bins = shown.parts(BinOut, "The stated probabilities in tenths, the smallest first; empty bins are left out.")
    computed_at = shown.instant("When the calibration was computed.")
