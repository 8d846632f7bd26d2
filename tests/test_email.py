"""E-mail rates against the worked example of the definitions, their options, and what they refuse."""

# Wrong and optional columns are what is tested here, so the bodies of the tests are not type-checked.
# mypy: no-check-untyped-defs

import math
from typing import Any

import numpy as np
import pytest

import abmmetrics as abm
from abmmetrics import MetricInputError

# 1000 sent, 900 delivered, 200 opened of which 80 by machines, 20 clicked: every definition gives another figure.
FUNNEL: dict[str, Any] = {
    "sent": [600, 400],
    "delivered": [540, 360],
    "opened": [130, 70],
    "machine_opened": [50, 30],
    "clicked": [14, 6],
    "opened_or_clicked": [136, 72],
}
REST: dict[str, Any] = {"bounced": [60, 40], "unsubscribed": [6, 3], "replied": [20, 7], "complained": [1, 0]}
MAILS = abm.Emails(account=["A", "B"], **FUNNEL, **REST)

CASES = [
    (abm.open_rate, {"per": "sent"}, 200, 1000),
    (abm.open_rate, {}, 200, 900),
    (abm.open_rate, {"per": "delivered"}, 200, 900),
    (abm.open_rate, {"machine_opens": "exclude"}, 120, 900),
    (abm.open_rate, {"machine_opens": "exclude", "per": "sent"}, 120, 1000),
    (abm.open_rate, {"click_implies_open": True}, 208, 900),
    (abm.open_rate, {"click_implies_open": True, "per": "sent"}, 208, 1000),
    (abm.click_rate, {"per": "sent"}, 20, 1000),
    (abm.click_rate, {}, 20, 900),
    (abm.click_to_open_rate, {}, 20, 200),
    (abm.click_to_open_rate, {"machine_opens": "exclude"}, 20, 120),
    (abm.click_to_open_rate, {"click_implies_open": True}, 20, 208),
    (abm.delivery_rate, {}, 900, 1000),
    (abm.bounce_rate, {}, 100, 1000),
    (abm.unsubscribe_rate, {}, 9, 900),
    (abm.unsubscribe_rate, {"per": "sent"}, 9, 1000),
    (abm.reply_rate, {}, 27, 900),
    (abm.reply_rate, {"per": "sent"}, 27, 1000),
    (abm.complaint_rate, {}, 1, 900),
    (abm.complaint_rate, {"per": "sent"}, 1, 1000),
]


BETWEEN = "{} with machine opens, {} without; what people opened lies between"
BOUNDS = {
    (200, 1000): ("20.0 %", "12.0 %"),
    (200, 900): ("22.2 %", "13.3 %"),
    (120, 900): ("22.2 %", "13.3 %"),
    (120, 1000): ("20.0 %", "12.0 %"),
    (208, 900): ("23.1 %", "14.2 %"),
    (208, 1000): ("20.8 %", "12.8 %"),
    (20, 200): ("0.10", "0.17"),
    (20, 120): ("0.10", "0.17"),
    (20, 208): ("0.096", "0.16"),
}


@pytest.mark.parametrize(
    ("kpi", "options", "part", "whole"), CASES, ids=lambda value: getattr(value, "__name__", str(value))
)
def test_rates_are_these_quotients(kpi, options, part, whole):
    rate = kpi(MAILS, **options)
    assert float(rate) == part / whole
    assert (rate.numerator.tolist(), rate.denominator.tolist()) == ([part], [whole])
    assert rate.kpi == kpi.__name__
    assert rate.unit == ("ratio" if kpi is abm.click_to_open_rate else "share")
    assert (rate.accounts.tolist(), rate.rows.tolist()) == ([2], [2])
    assert rate.low[0] <= float(rate) <= rate.high[0]
    variants = {
        "variant: of mails sent": options.get("per") == "sent",
        "variant: without machine opens": options.get("machine_opens") == "exclude",
        "variant: a click implies an open": "click_implies_open" in options,
    }
    bounds = [BETWEEN.format(*BOUNDS[part, whole])] if (part, whole) in BOUNDS else []
    assert [note for note in rate.notes if not note.startswith("variant: ")] == bounds
    assert [note for note in rate.notes if note.startswith("variant: ")] == [
        name for name, held in variants.items() if held
    ]


def test_the_worked_example_reads_as_published():
    def percent(rate):
        return f"{100 * float(rate):.1f}"

    assert [percent(abm.open_rate(MAILS, per=per)) for per in ("sent", "delivered")] == ["20.0", "22.2"]
    assert percent(abm.open_rate(MAILS, machine_opens="exclude")) == "13.3"
    assert [percent(abm.click_rate(MAILS, per=per)) for per in ("sent", "delivered")] == ["2.0", "2.2"]
    assert [percent(abm.click_to_open_rate(MAILS, machine_opens=opens)) for opens in ("include", "exclude")] == [
        "10.0",
        "16.7",
    ]


RATES = [
    abm.delivery_rate,
    abm.open_rate,
    abm.click_rate,
    abm.click_to_open_rate,
    abm.bounce_rate,
    abm.unsubscribe_rate,
    abm.reply_rate,
    abm.complaint_rate,
]


@pytest.mark.parametrize("kpi", RATES, ids=lambda kpi: kpi.__name__)
def test_groups_and_confidence_reach_every_rate(kpi):
    by_account = kpi(MAILS, by="account")
    assert by_account.groups == {"account": ["A", "B"]}
    assert float(by_account["A"]) == float(kpi(MAILS.where([True, False])))
    narrow, wide = kpi(MAILS, confidence=0.5), kpi(MAILS, confidence=0.99)
    assert (narrow.confidence, wide.confidence) == (0.5, 0.99)
    assert wide.low[0] < narrow.low[0] < narrow.high[0] < wide.high[0]


@pytest.mark.parametrize(
    ("kpi", "options", "undefined"),
    [
        (abm.delivery_rate, {}, "sent"),
        (abm.bounce_rate, {}, "sent"),
        (abm.open_rate, {}, "delivered"),
        (abm.open_rate, {"per": "sent"}, "sent"),
        (abm.open_rate, {"machine_opens": "exclude"}, "delivered"),
        (abm.click_rate, {}, "delivered"),
        (abm.click_rate, {"per": "sent"}, "sent"),
        (abm.click_to_open_rate, {}, "opened"),
        (abm.click_to_open_rate, {"machine_opens": "exclude"}, "opened"),
        (abm.unsubscribe_rate, {}, "delivered"),
        (abm.reply_rate, {}, "delivered"),
        (abm.complaint_rate, {}, "delivered"),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_rates_of_nothing_are_undefined_and_say_so(kpi, options, undefined):
    nothing = abm.Emails(account=["A", "B"], **dict.fromkeys((*FUNNEL, *REST), 0))
    rate = kpi(nothing, **options)
    assert math.isnan(float(rate))
    assert math.isnan(rate.low[0])
    assert rate.notes[-1] == f"undefined: {undefined} is 0"
    assert all(note.startswith("variant: ") for note in rate.notes[:-1])


def test_more_clicks_than_opens_are_shown_and_explained():
    mails = abm.Emails(account=["A", "B", "C", "D"], delivered=9, opened=[2, 3, 3, 0], clicked=[3, 3, 2, 1])
    rates = abm.click_to_open_rate(mails, by="account")
    np.testing.assert_equal(rates.value, [1.5, 1.0, 2 / 3, math.nan])
    assert rates.notes[-1] == "more clicks than opens: blocked images hide opens (account: A, D)"


LACKS = [
    (abm.delivery_rate, {}, ("delivered", "sent")),
    (abm.open_rate, {}, ("opened", "delivered")),
    (abm.open_rate, {"per": "sent", "machine_opens": "exclude"}, ("opened", "machine_opened", "sent")),
    (abm.open_rate, {"click_implies_open": True}, ("opened_or_clicked", "delivered")),
    (abm.click_to_open_rate, {"click_implies_open": True}, ("opened_or_clicked", "clicked")),
    (abm.click_rate, {}, ("clicked", "delivered")),
    (abm.click_to_open_rate, {"machine_opens": "exclude"}, ("opened", "machine_opened", "clicked")),
    (abm.bounce_rate, {}, ("bounced", "sent")),
    (abm.unsubscribe_rate, {}, ("unsubscribed", "delivered")),
    (abm.reply_rate, {}, ("replied", "delivered")),
    (abm.complaint_rate, {}, ("complained", "delivered")),
]


@pytest.mark.parametrize(("kpi", "options", "needed"), LACKS, ids=lambda value: getattr(value, "__name__", str(value)))
def test_a_column_that_is_missing_is_named(kpi, options, needed):
    for lacking in needed:
        held = [name for name in (*FUNNEL, *REST) if name != lacking]
        mails = abm.Emails(account=["A"], **dict.fromkeys(held, 0))
        with pytest.raises(MetricInputError) as refused:
            kpi(mails, **options)
        columns = [name for name in mails.columns() if name != lacking]
        assert str(refused.value) == f"Emails must have the column {lacking} for this KPI; got {columns}"


@pytest.mark.parametrize(
    "kpi",
    [abm.open_rate, abm.click_rate, abm.unsubscribe_rate, abm.reply_rate, abm.complaint_rate],
    ids=lambda kpi: kpi.__name__,
)
def test_unknown_denominators_are_refused(kpi):
    with pytest.raises(MetricInputError, match=r"^per must be one of \['delivered', 'sent'\]; got 'opened'$"):
        kpi(MAILS, per="opened")


@pytest.mark.parametrize("kpi", [abm.open_rate, abm.click_to_open_rate], ids=lambda kpi: kpi.__name__)
def test_unknown_treatments_of_machines_are_refused(kpi):
    with pytest.raises(MetricInputError) as refused:
        kpi(MAILS, machine_opens="drop")
    assert str(refused.value) == "machine_opens must be one of ['include', 'exclude']; got 'drop'"


@pytest.mark.parametrize(("part", "whole"), abm.Emails.at_most, ids=str)
def test_no_part_exceeds_its_whole(part, whole):
    assert len(abm.Emails(account=["A"], **{part: 3, whole: 3})) == 1
    with pytest.raises(MetricInputError) as refused:
        abm.Emails(account=["A"], **{part: 4, whole: 3})
    assert str(refused.value) == f"{part} must be at most {whole}; got 4 with {whole}=3 at row 0"


def test_what_may_not_exceed_what():
    """Nothing happens to a mail that was not delivered, or at least sent; machines are among the openers."""
    after = ("opened", "clicked", "opened_or_clicked", "unsubscribed", "replied", "complained")
    expected = {(part, whole) for part in after for whole in ("delivered", "sent")}
    assert set(abm.Emails.at_most) == expected | {
        ("delivered", "sent"),
        ("bounced", "sent"),
        ("machine_opened", "opened"),
        ("opened", "opened_or_clicked"),
        ("clicked", "opened_or_clicked"),
    }


def test_mails_are_a_table_like_any_other():
    assert abm.Emails(account=["A", "B"], **FUNNEL, **REST) == MAILS
    assert repr(abm.Emails(account=["A"], sent=1)) == "Emails(1 row, 1 account; sent)"
    with pytest.raises(TypeError, match="positional"):
        abm.Emails(["A"])


# --- machine opens and variants


@pytest.mark.parametrize("opens", ["include", "exclude"])
def test_both_bounds_are_told_where_machine_opens_are_known(opens):
    alone = abm.open_rate(MAILS, machine_opens=opens)
    assert alone.remarks[-1] == BETWEEN.format("22.2 %", "13.3 %")
    grouped = abm.open_rate(MAILS, machine_opens=opens, by="account")
    assert grouped.remarks[-1] == "all groups together: " + BETWEEN.format("22.2 %", "13.3 %")
    clicks = abm.click_to_open_rate(MAILS, machine_opens=opens, by="account")
    assert clicks.remarks[-1] == "all groups together: " + BETWEEN.format("0.10", "0.17")


def test_bounds_are_told_only_where_they_differ():
    unknown = abm.Emails(account=["A", "B"], delivered=[9, 9], opened=[3, 2], clicked=[1, 1])
    none = abm.Emails(account=["A", "B"], delivered=[9, 9], opened=[3, 2], clicked=[1, 1], machine_opened=0)
    for kpi in (abm.open_rate, abm.click_to_open_rate):
        assert kpi(unknown).notes == kpi(none).notes == ()
    some = abm.Emails(account=["A", "B"], delivered=[9, 9], opened=[3, 2], machine_opened=[0, 1])
    assert abm.open_rate(some).notes == (BETWEEN.format("27.8 %", "22.2 %"),)


def test_a_bound_may_be_undefined():
    machines = abm.Emails(account=["A", "B"], opened=[3, 2], clicked=[1, 0], machine_opened=[3, 2])
    assert abm.click_to_open_rate(machines).remarks == (BETWEEN.format("0.20", "undefined"),)


@pytest.mark.parametrize("kpi", [abm.open_rate, abm.click_to_open_rate], ids=lambda kpi: kpi.__name__)
def test_which_clicked_mails_a_machine_opened_cannot_be_known(kpi):
    with pytest.raises(MetricInputError) as refused:
        kpi(MAILS, machine_opens="exclude", click_implies_open=True)
    assert str(refused.value) == (
        "machine_opens must be 'include' where a click implies an open: counts do not tell which clicked mails a "
        "machine opened; got 'exclude'"
    )


def test_with_clicks_as_opens_no_mail_is_clicked_and_not_opened():
    mails = abm.Emails(account=["A", "B"], delivered=9, opened=[2, 0], clicked=[3, 1], opened_or_clicked=[4, 1])
    rates = abm.click_to_open_rate(mails, click_implies_open=True, by="account")
    assert rates.value.tolist() == [0.75, 1.0]
    assert rates.notes == ("variant: a click implies an open", "fewer than 2 accounts: no interval (account: A, B)")


def test_mails_opened_or_clicked_are_no_more_than_both_together():
    assert len(abm.Emails(account=["A"], opened=True, clicked=True, opened_or_clicked=2)) == 1
    with pytest.raises(MetricInputError) as refused:
        abm.Emails(account=["A", "A"], opened=[1, 1], clicked=[0, 2], opened_or_clicked=[1, 4])
    assert str(refused.value) == (
        "opened_or_clicked must be at most opened + clicked; got 4 with opened + clicked=3 at row 1"
    )
    # Which of the two it is not, nobody has said.
    assert len(abm.Emails(account=["A"], opened=1, opened_or_clicked=4)) == 1
    assert len(abm.Emails(account=["A"], clicked=1, opened_or_clicked=4)) == 1


VARIANTS = [
    (abm.open_rate, {"per": "sent"}, "variant: of mails sent"),
    (abm.open_rate, {"machine_opens": "exclude"}, "variant: without machine opens"),
    (abm.open_rate, {"click_implies_open": True}, "variant: a click implies an open"),
    (abm.click_to_open_rate, {"machine_opens": "exclude"}, "variant: without machine opens"),
    (abm.click_rate, {"per": "sent"}, "variant: of mails sent"),
    (abm.unsubscribe_rate, {"per": "sent"}, "variant: of mails sent"),
    (abm.reply_rate, {"per": "sent"}, "variant: of mails sent"),
    (abm.complaint_rate, {"per": "sent"}, "variant: of mails sent"),
]


@pytest.mark.parametrize(("kpi", "options", "name"), VARIANTS, ids=lambda value: getattr(value, "__name__", str(value)))
def test_one_variant_is_not_compared_with_another(kpi, options, name):
    variant, ordinary = kpi(MAILS, **options), kpi(MAILS)
    assert len(abm.change(variant, baseline=kpi(MAILS, **options))) == 1
    for one, other, mine, theirs in ((variant, ordinary, [name], []), (ordinary, variant, [], [name])):
        with pytest.raises(MetricInputError) as refused:
            abm.change(one, baseline=other)
        assert str(refused.value) == f"baseline must be of the same variant, {mine}; got {theirs}"


def test_rates_whose_denominator_is_always_mails_sent_are_no_variants():
    assert abm.delivery_rate(MAILS).remarks == abm.bounce_rate(MAILS).remarks == ()
