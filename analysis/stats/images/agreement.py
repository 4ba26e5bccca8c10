"""How far two networks agree on single images.

Networks of 98 % agree on 96 % of the images even if they err independently. So there are two
measures beside the share of equal answers. Both are 0 where networks agree as by chance, and 1
where they agree always:

    κ = (observed − expected) / (1 − expected)

- Cohen's κ expects what two networks have in common that choose each class as often as these do,
  whatever the image.
- The consistency of errors expects what two networks have in common that are right as often as
  these are, independently: a b + (1 − a) (1 − b), where a and b are their accuracies.

Sources: Cohen, Educational and Psychological Measurement 20, 1960; Geirhos, Meding & Wichmann,
"Beyond accuracy: quantifying trial-by-trial behaviour of CNNs and humans by measuring error
consistency", NeurIPS 2020.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from analysis.predictions.record import Predictions


class Agreement(NamedTuple):
    """How far two networks agree.

    Attributes:
        equal: Share of the images that they take for the same class.
        kappa: Cohen's κ of their classes; NaN where both know one class only.
        consistency: κ of right and wrong; NaN where both are always right, or always wrong.
    """

    equal: float
    kappa: float
    consistency: float


def agreement(first: Predictions, second: Predictions) -> Agreement:
    """How far two networks agree on the same images."""
    equal = float((first.predicted == second.predicted).mean())
    shares = [np.bincount(each.predicted, minlength=256) / len(each) for each in (first, second)]
    a, b = float(first.hits.mean()), float(second.hits.mean())
    both = float((first.hits == second.hits).mean())
    return Agreement(
        equal=equal,
        kappa=_beyond(equal, float(shares[0] @ shares[1])),
        consistency=_beyond(both, a * b + (1 - a) * (1 - b)),
    )


def _beyond(observed: float, expected: float) -> float:
    return (observed - expected) / (1 - expected) if expected < 1 else math.nan
