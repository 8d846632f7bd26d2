"""One set of rows on which vendors' terms disagree: figures as plain Python holds them, and the tables made of them."""

import datetime as dt
import functools
from typing import Any

import numpy as np

import abmmetrics as abm

# E-mails: sums of two accounts.
EMAILS = {
    "sent": (600, 400),
    "delivered": (540, 360),
    "opened": (130, 70),
    "machine_opened": (50, 30),
    "opened_or_clicked": (134, 72),
    "clicked": (13, 7),
    "bounced": (60, 40),
    "unsubscribed": (5, 4),
    "complained": (2, 0),
    "replied": (17, 10),
}

# Six deals: skips, falls back, enters midway, open, reopened.
STAGES = ["S1", "S2", "S3", "S4", "W"]
PATHS = {
    "A": ["S1", "S2", "S3", "S4", "W"],
    "B": ["S1", "S3", "W"],
    "C": ["S1", "S2", "S1", "S2", "L"],
    "D": ["S2", "S3", "L"],
    "E": ["S1", "S2"],
    "F": ["S1", "S2", "S3", "L", "S3", "W"],
}
AMOUNTS = {"A": 10_000, "B": 20_000, "C": 30_000, "D": 40_000, "E": 50_000, "F": 60_000}
OVERDUE = {"E"}
DAY = dt.date(2026, 1, 1)


def step_day(place: int) -> dt.date:
    return DAY + dt.timedelta(10 * place)


# Forty closed deals, of which ten were won at 25,000 in 90 days, and 24 open ones.
WON, LOST, OPEN, SIZE, CYCLE = 10, 30, 24, 25_000, 90
QUOTA, ALREADY_WON = 1_000_000, 250_000

OWNERS = [("one", "won", 100), ("two", "won", 50), ("two", "lost", 50)]

# A journey: ad, mail, form (lead created), demo (opportunity created the day after), dinner (closed two days after).
TOUCHES = {"Ad": dt.date(2026, 1, 2), "Mail": dt.date(2026, 1, 20), "Form": dt.date(2026, 2, 1),
           "Demo": dt.date(2026, 2, 10), "Dinner": dt.date(2026, 3, 18)}  # fmt: skip
VALUE = 9_000

TARGETS = ["T1", "T2", "T3", "T4", "T5"]
CONTACTS = [("T1", "Ada", 1, 1), ("T1", "Bo", 0, 0), ("T2", "Cy", 1, 0), ("T3", "Di", 0, 0)]
# Account, contact, minutes, days before the last one.
MINUTES = [("T1", "Ada", 60, 5), ("T1", "Bo", 45, 89), ("T2", "Cy", 100, 20), ("T3", "Di", 40, 3), ("T3", "Ed", 25, 3),
           ("T4", "Fay", 40, 1), ("T4", "Gil", 20, 0), ("T5", "Hal", 200, 300)]  # fmt: skip
VIEWS = [("T1", "Ada", 4), ("T2", "Cy", 0), ("T2", "Cy", 12), ("T2", "Cy", 29), ("T4", "Fay", 60), ("T5", "Hal", 1),
         ("T5", "Hal", 2)]  # fmt: skip
AS_OF = dt.date(2026, 4, 30)
PREDICT = {"T1": 10, "T2": 10, "T3": 90, "T4": 84, "T5": 10}

SCORES = {"promoter": [9] * 3 + [10] * 3, "passive": [7] * 2 + [8] * 2, "detractor": [0, 6]}
STARS = [5, 4, 3, 5, 1, 4]

MEETINGS = {"booked": (6, 4), "held": (4, 2), "cancelled": (2, 0), "no_show": (0, 2)}
FORMS = {"viewed": (30, 10), "started": (8, 2), "submitted": (5, 1)}
CALLS = {"shown": (40, 60), "converted": (2, 3)}
POSTS = {"impressions": (600, 400), "reactions": (20, 9), "comments": (3, 1), "shares": (2, 0), "clicks": (7, 8)}
CHARGEABLE = (4, 5)

# Seconds after nine of views and pings, by visitor and page view.
HITS = [("v1", "p1", "view", 0), ("v1", "p1", "ping", 12), ("v1", "p1", "ping", 25), ("v1", "p1", "ping", 27),
        ("v1", "p2", "view", 90), ("v2", "p3", "view", 300)]  # fmt: skip

RESULTS = {"cost": (4_000, 1_000), "revenue": (9_000, 3_500)}
ACQUISITION_COST, MONTHLY_REVENUE, MARGIN = 6_000, 500, 0.8

# Opening, closing, periods paid before.
REVENUE = {"grew": (100, 120, 5), "shrank": (80, 60, 5), "left": (50, 0, 5), "new": (0, 40, 0), "back": (0, 30, 2)}


def six_deals() -> abm.Opportunities:
    last = {deal: path[-1] for deal, path in PATHS.items()}
    return abm.Opportunities(
        account=list(PATHS),
        created=DAY,
        closed=[step_day(len(path) - 1) if path[-1] in {"W", "L"} else None for path in PATHS.values()],
        outcome=[{"W": "won", "L": "lost"}.get(stage, "open") for stage in last.values()],
        amount=list(AMOUNTS.values()),
    )


def many_deals(cycle: int) -> abm.Opportunities:
    closed = [DAY + dt.timedelta(cycle)] * (WON + LOST) + [None] * OPEN
    return abm.Opportunities(
        account=list(range(WON + LOST + OPEN)),
        created=DAY,
        closed=closed,
        outcome=["won"] * WON + ["lost"] * LOST + ["open"] * OPEN,
        amount=[SIZE] * (WON + LOST + OPEN),
    )


def history() -> abm.StageHistory:
    rows = [(deal, stage, step_day(place)) for deal, path in PATHS.items() for place, stage in enumerate(path)]
    deal, stage, entered = zip(*rows, strict=True)
    return abm.StageHistory(account=deal, opportunity=deal, stage=stage, entered=entered)


def journeys() -> abm.Journeys:
    touches = abm.Touches(account="Acme", campaign=list(TOUCHES), at=list(TOUCHES.values()))
    deals = abm.Opportunities(
        account="Acme", created="2026-02-11", closed="2026-03-20", outcome="won", amount=[VALUE]
    )  # fmt: skip
    return abm.build_journeys(touches, deals, lookback_days=None, lead_created="2026-02-01")


def activities() -> abm.Activities:
    rows = [(*row[:2], "webinar", row[2], row[3]) for row in MINUTES]
    rows += [(account, contact, "page view", 0, days) for account, contact, days in VIEWS]
    account, contact, kind, minutes, days = zip(*rows, strict=True)
    at = [AS_OF - dt.timedelta(before) for before in days]
    return abm.Activities(account=account, contact=contact, kind=kind, minutes=minutes, at=at)


def page_events() -> abm.PageEvents:
    visitor, view, kind, seconds = zip(*HITS, strict=True)
    nine = dt.datetime(2026, 3, 2, 9)
    at = [nine + dt.timedelta(seconds=second) for second in seconds]
    return abm.PageEvents(account="T1", visitor=visitor, page_view=view, kind=kind, at=at)


@functools.cache
def rows(family: str) -> dict[str, Any]:
    """The names that the code of a family's terms uses."""
    deals = many_deals(CYCLE) if family == "pipeline" else six_deals()
    account, contact, reachable, engaged = zip(*CONTACTS, strict=True)
    owner, outcome, amount = zip(*OWNERS, strict=True)
    both = ["T1", "T2"]
    scores = [score for group in SCORES.values() for score in group]
    opening, closing, before = zip(*REVENUE.values(), strict=True)
    return {
        "abm": abm,
        "emails": abm.Emails(account=both, **EMAILS),
        "deals": deals,
        "quicker_deals": many_deals(CYCLE * 9 // 10),
        "counted": np.array([path[-1] in {"W", "L"} or name in OVERDUE for name, path in PATHS.items()]),
        "owners_deals": abm.Opportunities(account=[1, 2, 3], outcome=outcome, amount=amount, segments={"owner": owner}),
        "quota": QUOTA,
        "closed": ALREADY_WON,
        "as_of": AS_OF,
        "history": history(),
        "stages": STAGES,
        "lost": "L",
        "step": ("S2", "S3"),
        "journeys": journeys(),
        "short_journeys": abm.Journeys.from_paths(["Mail > Demo"], value=[8_000]),
        "targets": abm.TargetAccounts(account=TARGETS),
        "contacts": abm.Contacts(account=account, contact=contact, reachable=reachable, engaged=engaged),
        "activities": activities(),
        "predict": PREDICT,
        "scores": abm.SurveyScores(account=list(range(len(scores))), score=scores),
        "stars": abm.SurveyScores(account=list(range(len(STARS))), score=STARS, scale=(1, 5)),
        "meetings": abm.Meetings(account=both, **MEETINGS),
        "forms": abm.Forms(account=both, **FORMS),
        "calls": abm.CallsToAction(account=both, cta="Book a demo", **CALLS),
        "posts": abm.SocialPosts(account=both, **POSTS),
        "chargeable_posts": abm.SocialPosts(account=both, **{**POSTS, "clicks": CHARGEABLE}),
        "events": page_events(),
        "results": abm.CampaignResults(campaign=["Fair", "Mail"], **RESULTS),
        "acquisition_cost": ACQUISITION_COST,
        "monthly_revenue": MONTHLY_REVENUE,
        "margin": MARGIN,
        "revenue": abm.RecurringRevenue(account=list(REVENUE), opening=opening, closing=closing, paid_before=before),
    }
