"""What a column map of a vendor's export is; the maps themselves are in ``_vendor_columns_salesforce`` and ``_vendor_columns_hubspot``."""

from collections.abc import Iterator, Mapping
from typing import Generic

import attrs

from abmmetrics.tables import AnyTable

READ_ON = "2026-11-22"
"""The day on which vendors' pages, connectors and sample exports were read."""

DELETED = "deleted"
EXPECTED = "The close date of an open deal is the day on which somebody expects it to close: read() leaves it away."

Words = Mapping[str, str | None]
"""A vendor's words to ours; None for rows that a table of ours has no place for."""


@attrs.frozen(kw_only=True, eq=False, repr=False)
class ColumnMap(Mapping[str, str], Generic[AnyTable]):
    """Which column of a vendor's export holds which column of a table.

    A mapping of our column to the export's, to give to ``from_frame`` with ``**``. What else there is to know of the
    export stands in the attributes, which :func:`read` and :func:`findings` follow.

    Attributes:
        vendor: whose export it is.
        table: what the vendor, or the connector, calls the table.
        model: the table that it makes.
        columns: our column to the export's.
        leave_out: columns of true and false to why their rows are no rows of ours.
        says: our column whose words differ from the vendor's; "" where none does.
        words: what the vendor's words mean.
        flags: the export's columns that say whether a deal is closed, and whether it is won.
        unreachable: the export's columns of which each says that a contact cannot be written to.
        probability: the export's column of how likely a deal is, and the probability of a sure one.
        stage: the export's column of the stage's name.
        lacks: our columns that the export does not have, to where they are found.
        note: what a careful reader must know.
        source: where the names come from.
        read_on: when they were read. Vendors change them: look at the export.

    Example:
        >>> import abmmetrics as abm
        >>> dict(abm.vendors.SALESFORCE_CAMPAIGN_MEMBER)
        {'campaign': 'CampaignId', 'contact': 'ContactId', 'at': 'FirstRespondedDate'}
    """

    vendor: str
    table: str
    model: type[AnyTable]
    columns: Mapping[str, str]
    leave_out: Mapping[str, str] = attrs.field(factory=dict[str, str])
    says: str = ""
    words: Words = attrs.field(factory=dict[str, "str | None"])
    flags: tuple[str, str] | None = None
    unreachable: tuple[str, ...] = ()
    probability: tuple[str, float] | None = None
    stage: str = ""
    lacks: Mapping[str, str] = attrs.field(factory=dict[str, str])
    note: str = ""
    source: str
    read_on: str = READ_ON

    @property
    def mentioned(self) -> set[str]:
        """The export's columns that matter beside those that hold ours."""
        likely = () if self.probability is None else self.probability[:1]
        return {*self.leave_out, *(self.flags or ()), *self.unreachable, *likely, self.stage}

    def __getitem__(self, name: str) -> str:
        """Return the export's column for one of ours."""
        return self.columns[name]

    def __iter__(self) -> Iterator[str]:
        """Iterate over our columns."""
        return iter(self.columns)

    def __len__(self) -> int:
        """Number of columns that the map names."""
        return len(self.columns)

    def __repr__(self) -> str:
        """Say whose table it is, what of ours it makes, and of when."""
        named = ", ".join(f"{ours}={theirs}" for ours, theirs in self.columns.items())
        return f"{self.vendor} {self.table} as {self.model.__name__} ({named}; read {self.read_on})"
