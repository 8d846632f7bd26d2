import datetime as dt
import math
import random
from typing import Any

import numpy as np
import pytest

import abmmetrics as abm
from abmmetrics import Leads, MetricInputError, leads
from abmmetrics.leads import lead_count, lead_qualification_rate, marketing_qualified_lead_count

from .deals import quotient, values

FIRST = dt.datetime(2026, 1, 1)
SCORED = Leads(
    account=["A", "A", "A", "B", "B", "C"],
    lead=["Ada", "Ada", "Ada", "Ada", "Bo", "Cy"],
    score=[20, 75, 90, 80, 69.5, -5],
    at=["2026-01-12", "2026-02-03", "2026-03-02", "2026-03-16", "2026-03-16", "2026-03-17"],
    segments={"tier": ["x", "x", "x", "y", "y", "y"]},
)


def refused(call, *given, **options):
    with pytest.raises(MetricInputError) as refusal:
        call(*given, **options)
    return str(refusal.value)


# --- First crossings against walking through each lead's history ------------------------------------------------------


def some_history(draw):
    """Rows (account, lead, score, hours since the first moment, tier), several at one moment now and then."""
    return [
        (
            draw.choice(["A", "B", None]),
            draw.choice(["p", "q"]),
            draw.choice([10, 40, 70, 71, 100]),
            12 * draw.randrange(12),
            draw.choice(["x", "y", "z"]),
        )
        for _ in range(draw.randrange(12))
    ]


def table_of(rows):
    names = ("account", "lead", "score", "at", "tier")
    held: dict[str, Any] = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(names, ())
    held["at"] = [FIRST + dt.timedelta(hours=hours) for hours in held["at"]]
    return Leads.from_frame(held, missing="separate", segments=["tier"])


def earliest(rows):
    """The row of a lead that decides: the first, of one moment the one whose tier sorts first."""
    return min(rows, key=lambda row: (row[3], row[4]))


@pytest.mark.parametrize("seed", range(8))
def test_leads_are_followed_one_by_one(seed):
    draw = random.Random(seed)
    crossed = 0
    for _ in range(150):
        rows, threshold = some_history(draw), draw.choice([40, 70, 70.5, 100, 101])
        since, until = sorted(draw.randrange(-1, 7) for _ in range(2))
        histories: dict[Any, Any] = {}
        for row in rows:
            histories.setdefault(row[:2], []).append(row)
        tiers = {row[4] for row in rows}
        count, members, ever = (dict.fromkeys(tiers, 0) for _ in range(3))
        for history in histories.values():
            first = earliest(history)[4]
            members[first] += 1
            reached = [row for row in history if row[2] >= threshold]
            if reached:
                ever[first] += 1
                when, tier = earliest(reached)[3:]
                if since <= when // 24 <= until:
                    count[tier] += 1
                    crossed += 1
        table = table_of(rows)
        window = {name: FIRST + dt.timedelta(number) for name, number in (("since", since), ("until", until))}
        found = marketing_qualified_lead_count(table, threshold=threshold, by="tier", **window)
        assert values(found) == count
        assert dict(zip(found.labels, found.rows.tolist(), strict=True)) == count
        assert values(lead_count(table, by="tier")) == members
        rate = lead_qualification_rate(table, threshold=threshold, by="tier")
        assert dict(zip(rate.labels, zip(*quotient(rate), strict=True), strict=True)) == {
            tier: (ever[tier], members[tier]) for tier in tiers
        }
        assert dict(zip(rate.labels, rate.rows.tolist(), strict=True)) == members
        whole = sum(members.values())
        assert float(marketing_qualified_lead_count(table, threshold=threshold)) == sum(ever.values())
        assert float(lead_count(table)) == whole
        assert float(lead_qualification_rate(table, threshold=threshold)) == pytest.approx(
            sum(ever.values()) / whole if whole else math.nan, nan_ok=True
        )
    assert crossed > 50


# --- Examples ---------------------------------------------------------------------------------------------------------


def test_a_lead_qualifies_in_the_month_of_its_first_crossing():
    months = abm.period(SCORED.at, "month")
    found = marketing_qualified_lead_count(SCORED, threshold=70, by=months)
    assert values(found) == {"2026-01": 0, "2026-02": 1, "2026-03": 1}
    assert (found.kpi, found.unit, found.confidence) == ("marketing_qualified_lead_count", "count", 0.95)
    assert found.notes == (
        "variant: from a score of 70",
        "fewer than 2 accounts: no interval (group: 2026-01, 2026-02, 2026-03)",
    )
    assert marketing_qualified_lead_count(SCORED, threshold=70, confidence=0.9).confidence == 0.9
    assert values(lead_count(SCORED, by=months)) == {"2026-01": 1, "2026-02": 0, "2026-03": 3}
    rate = lead_qualification_rate(SCORED, threshold=70, by=months, confidence=0.9)
    assert values(rate) == pytest.approx({"2026-01": 1, "2026-02": math.nan, "2026-03": 1 / 3}, nan_ok=True)
    assert (rate.kpi, rate.unit, rate.confidence) == ("lead_qualification_rate", "share", 0.9)
    assert lead_qualification_rate(SCORED, threshold=70).confidence == 0.95
    assert "undefined: there are no leads (group: 2026-02)" in rate.notes


def test_a_window_counts_crossings_not_rows():
    def count(**window):
        return float(marketing_qualified_lead_count(SCORED, threshold=70, **window))

    assert count() == 2
    # Ada of A is above 70 in March too, but not for the first time.
    assert count(since="2026-03-01") == 1
    assert count(since="2026-02-03", until="2026-02-03") == 1
    assert count(since="2026-02-04", until="2026-03-15") == 0
    assert count(until="2026-03-15") == 1
    assert count(until="2026-03-16") == 2


def test_a_score_may_be_negative():
    assert float(marketing_qualified_lead_count(SCORED, threshold=-5)) == 4
    assert float(marketing_qualified_lead_count(SCORED, threshold=0)) == 3


def test_leads_to_ignore_say_what_is_better():
    found = lead_count(SCORED, confidence=0.9)
    assert float(found) == 4
    assert found.notes == ("a KPI to ignore; better: the leads that qualify (marketing_qualified_lead_count)",)
    assert (found.kpi, found.unit, found.confidence) == ("lead_count", "count", 0.9)
    assert lead_count(SCORED).confidence == 0.95


def test_a_threshold_that_nobody_reaches_is_explained():
    for kpi in (marketing_qualified_lead_count, lead_qualification_rate):
        found = kpi(SCORED, threshold=95)
        assert float(found) == 0
        assert "no score reaches 95: the highest is 90" in found.notes
        assert "no score reaches 70: there are no leads" in kpi(Leads.empty(), threshold=70).notes
        assert not any("no score" in note for note in kpi(SCORED, threshold=90).notes)
    assert "undefined: there are no leads" in lead_qualification_rate(Leads.empty(), threshold=70).notes


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"threshold": "hot"}, "threshold must be a number in (-inf, inf); got 'hot'"),
        ({"threshold": math.nan}, "threshold must be a number in (-inf, inf); got nan"),
        (
            {"since": "2026-03-02", "until": "2026-03-01"},
            "until must be on or after since=2026-03-02; got 2026-03-01",
        ),
        ({"since": "2026-03-02 10:00"}, "since must be a day, which counts to its end; got 2026-03-02T10:00:00"),
        ({"until": "2026-03-02 10:00"}, "until must be a day, which counts to its end; got 2026-03-02T10:00:00"),
    ],
)
def test_other_windows_are_refused(options, message):
    assert refused(marketing_qualified_lead_count, SCORED, **{"threshold": 70, **options}) == message


# --- Scale ------------------------------------------------------------------------------------------------------------


def scaled(**changed):
    return Leads(
        **{"account": ["A", "B"], "lead": [1, 2], "score": [0, 100], "at": "2026-01-12", "scale": (0, 100)} | changed
    )


def test_thresholds_are_on_the_scale():
    assert float(marketing_qualified_lead_count(scaled(), threshold=0)) == 2
    assert float(lead_qualification_rate(scaled(), threshold=100)) == 0.5
    for kpi in (marketing_qualified_lead_count, lead_qualification_rate):
        for threshold in (101, -1):
            assert refused(kpi, scaled(), threshold=threshold) == (
                f"threshold must be a number in [0, 100]; got {threshold}"
            )
    assert scaled().additive is False
    assert scaled(scale=[0, 100.5]).scale == (0, 100.5)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"score": [0, 100.5]}, "score must be from 0 to 100; got 100.5 at row 1"),
        ({"score": [-1, 100]}, "score must be from 0 to 100; got -1.0 at row 0"),
        ({"scale": (10, 10)}, "scale must be its lowest and its highest score; got (10, 10)"),
        ({"scale": (0, 50, 100)}, "scale must be its lowest and its highest score; got (0, 50, 100)"),
        ({"scale": 100}, "scale must be its lowest and its highest score; got 100"),
        ({"scale": (0, "100")}, "scale must be its lowest and its highest score; got (0, '100')"),
        ({"scale": (False, True)}, "scale must be its lowest and its highest score; got (False, True)"),
        ({"scale": (0, math.inf)}, "scale must be its lowest and its highest score; got (0, inf)"),
        ({"scale": (-math.inf, 0)}, "scale must be its lowest and its highest score; got (-inf, 0)"),
        ({"score": [1, math.inf]}, "score must be finite numbers; got inf at row 1"),
        ({"lead": [1, None]}, "lead must be text or whole numbers in every row; got a missing value at row 1"),
    ],
)
def test_leads_that_cannot_be_are_refused(changed, message):
    assert refused(scaled, **changed) == message


def test_one_name_at_two_accounts_is_two_leads():
    same = Leads(account=["A", "B"], lead="Ada", score=[1, 2], at="2026-01-12")
    assert float(lead_count(same)) == 2
    assert np.unique(same.numbers()).tolist() == [0, 1]
    more_accounts_than_leads = Leads(account=["A", "A", "B", "C"], lead=["p", "q", "p", "p"], score=1, at="2026-01-12")
    assert float(lead_count(more_accounts_than_leads)) == 4


def test_public_names():
    assert set(leads.__all__) == {"Leads", "lead_count", "lead_qualification_rate", "marketing_qualified_lead_count"}
