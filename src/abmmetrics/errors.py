"""The one exception that the library raises for input it cannot use."""


class MetricInputError(ValueError):
    """Input that a KPI cannot use, said in one sentence.

    The sentence has one shape: what must hold, what came instead, and where:
    ``delivered must be whole numbers >= 0; got -3 at row 1``.

    Example:
        >>> import abmmetrics as abm
        >>> abm.Emails(account=["Acme"], delivered=[-3])
        Traceback (most recent call last):
        ...
        abmmetrics.errors.MetricInputError: delivered must be whole numbers >= 0; got -3 at row 0
    """
