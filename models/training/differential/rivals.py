"""What the differential is compared with: naive Bayes and a plain logistic regression over the raw codes.

Both learn from the same patients, shown whole, as they usually are; what is not listed counts as not known
for naive Bayes, and as zero for the regression.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save
from sklearn.linear_model import LogisticRegression

from models.training.differential.features import Cases, Space


def rivals_of(cases: Cases, space: Space, diseases: int) -> bytes:
    """The file with both rivals: for each a start and a table over the codes."""
    arrays = {**_bayes(cases, diseases), **_regression(cases, diseases)}
    columns: NDArray[np.uint8] = np.frombuffer("\n".join(space.codes).encode(), np.uint8)
    return save({**arrays, "codes": columns})


def _bayes(cases: Cases, diseases: int) -> Mapping[str, NDArray[np.float32]]:
    member = np.eye(diseases)[cases.diseases]
    counts = cases.codes.T.astype(np.float64) @ member
    rates = (counts + 1) / (member.sum(axis=0) + 2)
    prior = (member.sum(axis=0) + 1) / (len(cases) + diseases)
    return {
        "naive Bayes start": np.log(prior).astype(np.float32),
        "naive Bayes table": np.log(rates).astype(np.float32),
    }


def _regression(cases: Cases, diseases: int) -> Mapping[str, NDArray[np.float32]]:
    model = LogisticRegression(C=1.0, max_iter=1000).fit(cases.codes.astype(np.float64), cases.diseases)
    start = np.full(diseases, -30.0, np.float32)
    table = np.zeros((cases.codes.shape[1], diseases), np.float32)
    start[model.classes_], table[:, model.classes_] = model.intercept_, model.coef_.T
    return {"logistic regression start": start, "logistic regression table": table}
