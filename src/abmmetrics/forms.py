"""Forms: who starts one, who sends it off, and how much of it is filled in, by account."""

from typing import ClassVar

import attrs

from abmmetrics import columns, estimation
from abmmetrics._labels import Labels
from abmmetrics.columns import Counts
from abmmetrics.results import Estimate
from abmmetrics.tables import By, Table

__all__ = [
    "Forms",
    "form_abandonment_rate",
    "form_completion_rate",
    "form_field_completeness_share",
    "form_start_rate",
    "form_view_to_submission_rate",
]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Forms(Table):
    """Forms shown to accounts: one row for each showing, or sums of any number of them.

    Attributes:
        account: the account that saw the form.
        viewed: how often a form was seen.
        started: in how many of these views somebody began to fill it in.
        submitted: in how many of these views it was sent off.
        fields_asked: fields of the forms sent off.
        fields_filled: those of them that were filled in.

    Example:
        >>> import abmmetrics as abm
        >>> abm.Forms(account=["Acme", "Beta"], viewed=[40, 20], started=[10, 4], submitted=[6, 1])
        Forms(2 rows, 2 accounts; viewed, started, submitted)
    """

    at_most: ClassVar[tuple[tuple[str, str], ...]] = (
        ("started", "viewed"),
        ("submitted", "started"),
        ("submitted", "viewed"),
        ("fields_filled", "fields_asked"),
    )

    account: Labels = attrs.field(converter=columns.labels)
    viewed: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    started: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    submitted: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    fields_asked: Counts | None = attrs.field(default=None, converter=columns.optional_counts)
    fields_filled: Counts | None = attrs.field(default=None, converter=columns.optional_counts)


def form_start_rate(forms: Forms, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Share of the views of forms in which somebody began to fill them in.

    form start rate = Σ started / Σ viewed.

    Leaves out: forms below the fold, which count as viewed in most systems though nobody saw them.

    Args:
        forms: forms with the columns ``viewed`` and ``started``.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where nothing was viewed.

    Raises:
        MetricInputError: if a column is not there.

    Example:
        >>> import abmmetrics as abm
        >>> float(abm.form_start_rate(abm.Forms(account=["A", "B"], viewed=[30, 10], started=[8, 2])))
        0.25

    References:
        Common practice; no vendor's page defines it.
    """
    return estimation.share_of_columns("form_start_rate", forms, "started", "viewed", by, confidence=confidence)


def form_completion_rate(forms: Forms, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Share of the forms begun that were sent off.

    form completion rate = Σ submitted / Σ started.

    Leaves out: who never began (:func:`form_view_to_submission_rate`), and whether what was
    sent off is spam.

    Args:
        forms: forms with the columns ``started`` and ``submitted``.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where nothing was begun.

    Raises:
        MetricInputError: if a column is not there.

    Example:
        >>> import abmmetrics as abm
        >>> float(abm.form_completion_rate(abm.Forms(account=["A", "B"], started=[8, 2], submitted=[5, 1])))
        0.6

    References:
        Common practice; no vendor's page defines it.
    """
    return estimation.share_of_columns("form_completion_rate", forms, "submitted", "started", by, confidence=confidence)


def form_abandonment_rate(forms: Forms, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Share of the forms begun that were not sent off.

    form abandonment rate = Σ (started − submitted) / Σ started = 1 − form completion rate.

    Leaves out: at which field people gave up; count fields as the steps of a :func:`funnel` for that.

    Args:
        forms: forms with the columns ``started`` and ``submitted``.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where nothing was begun.

    Raises:
        MetricInputError: if a column is not there.

    Example:
        >>> import abmmetrics as abm
        >>> float(abm.form_abandonment_rate(abm.Forms(account=["A", "B"], started=[8, 2], submitted=[5, 1])))
        0.4

    References:
        Common practice; no vendor's page defines it.
    """
    sums = forms.account_sums(["submitted", "started"], by)
    return estimation.share(
        "form_abandonment_rate",
        sums,
        sums["started"] - sums["submitted"],
        sums["started"],
        confidence=confidence,
        undefined="started is 0",
    )


def form_view_to_submission_rate(forms: Forms, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Share of the views of forms in which they were sent off.

    view-to-submission rate = Σ submitted / Σ viewed.

    Leaves out: pages on which the form was not seen; of page views instead of form views the
    figure is lower. Count people instead of views for the rate of unique visitors.

    Args:
        forms: forms with the columns ``viewed`` and ``submitted``.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where nothing was viewed.

    Raises:
        MetricInputError: if a column is not there.

    Example:
        >>> import abmmetrics as abm
        >>> float(abm.form_view_to_submission_rate(abm.Forms(account=["A", "B"], viewed=[30, 10], submitted=[5, 1])))
        0.15

    References:
        HubSpot, "Why doesn't my CTA conversion percentage equal CTA clicks divided by blog post views?".
    """
    return estimation.share_of_columns(
        "form_view_to_submission_rate", forms, "submitted", "viewed", by, confidence=confidence
    )


def form_field_completeness_share(forms: Forms, *, by: By = None, confidence: float = 0.95) -> Estimate:
    """Share of the fields of forms sent off that were filled in.

    field completeness = Σ fields_filled / Σ fields_asked.

    Leaves out: whether what was filled in is true, and forms that were begun and not sent off.

    Args:
        forms: forms with the columns ``fields_asked`` and ``fields_filled``.
        by: a segment name, several, ``"account"``, or labels of the table's length.
        confidence: confidence level of the interval, between 0 and 1.

    Returns:
        A share in [0, 1]; undefined where no field was asked.

    Raises:
        MetricInputError: if a column is not there.

    Example:
        >>> import abmmetrics as abm
        >>> forms = abm.Forms(account=["A", "B"], submitted=[5, 1], fields_asked=[40, 8], fields_filled=[34, 2])
        >>> float(abm.form_field_completeness_share(forms))
        0.75

    References:
        Common practice; no vendor's page defines it.
    """
    return estimation.share_of_columns(
        "form_field_completeness_share", forms, "fields_filled", "fields_asked", by, confidence=confidence
    )
