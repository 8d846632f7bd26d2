"""Checks of what accounts and people did: mails, visits, meetings, answers."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from abmmetrics._labels import Labels
from abmmetrics._quality import FEW, Check, Found, Integers, Look, Mask, Sheet, as_keys, each
from abmmetrics._quality_rows import as_mask, repeats
from abmmetrics.activities import Activities
from abmmetrics.email import Emails
from abmmetrics.leads import Leads
from abmmetrics.machine_events import EmailEvents
from abmmetrics.meetings import MeetingLog, Meetings
from abmmetrics.social import SocialPosts
from abmmetrics.surveys import SurveyScores
from abmmetrics.web import PageEvents, WebSessions, WebVisits

_DAY = 86_400
_MICROSECONDS = 1_000_000
_MINUTES = 1_440
_FEW_SCORES = 20
_PEOPLE = ("respondent", "contact", "person", "email", "employee", "user")
_OUTCOMES = ("held", "cancelled", "no_show")


def _held(sheet: Sheet, *names: str) -> list[Any] | None:
    """Return columns as numbers, or None where one is not there."""
    if any(name not in sheet.columns for name in names):
        return None
    return [sheet.columns[name].astype(np.float64) for name in names]


def _clicks_without_opens(sheet: Sheet) -> Iterator[Found]:
    if held := _held(sheet, "clicked", "opened"):
        clicked, opened = held
        yield from sheet.some(clicked > opened, "have more clicked than opened: images are blocked there.")


def _more_than_sent(sheet: Sheet) -> Iterator[Found]:
    if held := _held(sheet, "delivered", "bounced", "sent"):
        delivered, bounced, sent = held
        yield from sheet.some(delivered + bounced > sent, "have more delivered and bounced than sent.")


def _mails(sheet: Sheet) -> Integers:
    """Number the mails: one message to one recipient."""
    message, recipient = sheet.columns["message"].codes(), sheet.columns["recipient"].codes()
    _, number = np.unique(message * (recipient.max() + 2) + recipient, return_inverse=True)
    return number


def _events_of_mails(sheet: Sheet) -> Iterator[Found]:
    mail, kind, at = _mails(sheet), sheet.columns["kind"], as_keys(sheet.columns["at"])
    delivered, opened, clicked = (kind == name for name in ("delivered", "open", "click"))
    never = np.iinfo(np.int64).max
    first = np.full(mail.max() + 1, never)
    np.minimum.at(first, mail[delivered], at[delivered])
    if delivered.any():
        later = opened | clicked
        orphans, early = later & (first[mail] == never), later & (at < first[mail]) & (first[mail] < never)
        noun = "opens and clicks"
        yield from sheet.some(orphans, "are of mails that were never delivered.", among=later, noun=noun)
        yield from sheet.some(early, "came before their mail was delivered.", among=later, noun=noun)


def _clicks_of_unopened(sheet: Sheet) -> Iterator[Found]:
    mail, kind = _mails(sheet), sheet.columns["kind"]
    opened, clicked = kind == "open", kind == "click"
    if opened.any():
        seen = np.bincount(mail[opened], minlength=mail.max() + 1) > 0
        unopened = clicked & ~seen[mail]
        yield from sheet.some(
            unopened, "are of mails without an open: images are blocked.", among=clicked, noun="clicks"
        )


def _busy_mail(sheet: Sheet) -> Iterator[Found]:
    mail, kind = _mails(sheet), sheet.columns["kind"]
    for name, nouns in (("open", "opens"), ("click", "clicks")):
        of_kind = kind == name
        count = np.bincount(mail[of_kind], minlength=mail.max() + 1)
        busy = of_kind & (mail == count.argmax())
        if of_kind.sum() >= FEW and 2 * count.max() > of_kind.sum():
            yield from sheet.some(busy, "are of a single mail.", among=of_kind, noun=nouns)


def _long_sessions(sheet: Sheet) -> Iterator[Found]:
    columns = sheet.columns
    told = "are of sessions that last longer than a day."
    if "started" in columns:
        length = as_keys(columns["ended"]) - as_keys(columns["started"])
        yield from sheet.some(length > _DAY * _MICROSECONDS, told)
    elif "session" in columns:
        session, at = columns["session"].codes(), as_keys(columns["at"])
        order = np.lexsort([at, session])
        new = np.diff(session[order], prepend=-2) != 0
        begin, number = np.flatnonzero(new), np.cumsum(new) - 1
        first = at[order][begin]
        last = at[order][np.append(begin[1:], len(order)) - 1]
        long = np.zeros(len(order), dtype=bool)
        long[order] = (last - first > _DAY * _MICROSECONDS)[number] & (session[order] >= 0)
        yield from sheet.some(long, told)


def _endless_visits(sheet: Sheet) -> Iterator[Found]:
    if held := _held(sheet, "seconds", "visits"):
        seconds, visits = held
        yield from sheet.some(seconds > _DAY * visits, "have more seconds than there are in a day for each visit.")


def _endless_activities(sheet: Sheet) -> Iterator[Found]:
    if held := _held(sheet, "minutes"):
        yield from sheet.some(held[0] > _MINUTES, "have more minutes than there are in a day.")


def _busy_posts(sheet: Sheet) -> Iterator[Found]:
    if held := _held(sheet, "impressions"):
        names = [name for name in ("reactions", "comments", "shares", "clicks") if name in sheet.columns]
        done: Any = sum(sheet.columns[name].astype(np.float64) for name in names)
        yield from sheet.some(done > held[0], f"have fewer impressions than {', '.join(names)} together.")


def _no_outcome(look: Look) -> Iterator[Found]:
    for sheet in look.of(MeetingLog):
        outcome: Labels | None = sheet.columns.get("outcome")
        going = np.ones(len(sheet), dtype=bool) if outcome is None else outcome.missing()
        if going.all():
            yield sheet.found(np.flatnonzero(going), f"No outcome was logged of any of {len(sheet):,} meetings.")
        elif outcome is not None and look.as_of is not None:
            past = sheet.columns["at"].astype("datetime64[D]") <= look.as_of
            undecided = past & (going | (outcome == "scheduled"))
            yield from sheet.some(undecided, "have no outcome.", among=past, noun="past meetings")
    for sheet in look.of(Meetings):
        names = [name for name in _OUTCOMES if name in sheet.columns]
        if "booked" in sheet.columns and names:
            done = sum(int(sheet.columns[name].sum()) for name in names)
            booked = int(sheet.columns["booked"].sum())
            if booked >= FEW and not done:
                yield sheet.found(
                    np.flatnonzero(sheet.columns["booked"]), f"No outcome was logged of any of {booked:,} meetings."
                )


def _unknown_appointments(sheet: Sheet) -> Iterator[Found]:
    before: Labels | None = sheet.columns.get("rescheduled_from")
    if before is not None:
        told = "replace an appointment that is not there."
        moved = ~before.missing()
        known = set(sheet.columns["meeting"].to_list())
        yield from sheet.some(moved & ~before.isin([*known]), told, among=moved, noun="rescheduled meetings")


def _ends(sheet: Sheet) -> tuple[float, float] | None:
    scale = sheet.settings.get("scale")
    return None if scale is None else (float(scale[0]), float(scale[-1]))


def _off_the_scale(sheet: Sheet) -> Iterator[Found]:
    if ends := _ends(sheet):
        score = sheet.columns["score"]
        outside = (score < ends[0]) | (score > ends[1])
        yield from sheet.some(outside, f"have a score outside {ends[0]:g} to {ends[1]:g}.")


def _other_scale(sheet: Sheet) -> Iterator[Found]:
    ends = _ends(sheet)
    score = sheet.columns["score"]
    if ends and len(score) >= _FEW_SCORES and 2 * score.max() <= sum(ends):
        told = (
            f"The highest of {len(score):,} scores is {score.max():g}, on a scale to {ends[1]:g}: was it another scale?"
        )
        yield sheet.found(np.arange(len(score)), told)


def _answered_twice(sheet: Sheet) -> Iterator[Found]:
    people = [name for name in sheet.segments if name.casefold() in _PEOPLE]
    if sheet.confidential and "account" in sheet.columns:
        people.append("account")
    if people:
        held = {
            name: labels for name, labels in {**sheet.columns, **sheet.segments}.items() if isinstance(labels, Labels)
        }
        known: Mask = ~np.any([held[name].missing() for name in people], axis=0)
        rows = np.flatnonzero(known)
        again = rows[repeats([labels.codes()[rows] for labels in held.values()])]
        yield from sheet.some(as_mask(again, len(sheet)), "are of somebody who has answered already.")


CHECKS = (
    Check(
        code="clicked_above_opened",
        severity="to know",
        asks="Rows of e-mails with more clicks than opens",
        advice="Take a click as an open: open_rate(click_implies_open=True).",
        find=each(_clicks_without_opens, Emails),
    ),
    Check(
        code="more_than_sent",
        severity="doubtful",
        asks="Rows of e-mails with more delivered and bounced than sent",
        advice="Take back deliveries that bounced later: a late bounce is no delivery.",
        find=each(_more_than_sent, Emails),
    ),
    Check(
        code="opens_without_delivery",
        severity="doubtful",
        asks="Opens and clicks of mails that were never delivered, or that came before it",
        advice="Look for deliveries that the export lacks, for keys that do not match, and for clocks that differ.",
        find=each(_events_of_mails, EmailEvents),
    ),
    Check(
        code="clicks_without_open",
        severity="to know",
        asks="Clicks of mails without an open",
        advice="Take a click as an open; it is no sign of a machine.",
        find=each(_clicks_of_unopened, EmailEvents),
    ),
    Check(
        code="single_mail",
        severity="doubtful",
        asks="More than half of all opens, or of all clicks, of a single mail",
        advice="Count each mail once, and look at it: a forwarded mail or a scanner (flag_machine_events).",
        find=each(_busy_mail, EmailEvents),
    ),
    Check(
        code="long_sessions",
        severity="doubtful",
        asks="Sessions that last longer than a day",
        advice="Cut sessions at midnight or after a silence (web_sessions without the session column).",
        find=each(_long_sessions, PageEvents, WebSessions),
    ),
    Check(
        code="endless_visits",
        severity="wrong",
        asks="More seconds on the website than a day for each visit",
        advice="Count engaged time (engaged_seconds): tabs stay open; or the unit is milliseconds.",
        find=each(_endless_visits, WebVisits),
    ),
    Check(
        code="endless_activities",
        severity="wrong",
        asks="Activities of more minutes than a day has",
        advice="Look at the unit: seconds and milliseconds are taken for minutes.",
        find=each(_endless_activities, Activities),
    ),
    Check(
        code="few_impressions",
        severity="doubtful",
        asks="Posts with fewer impressions than reactions, comments, shares and clicks together",
        advice="Take impressions and engagement of one kind: paid, free or both.",
        find=each(_busy_posts, SocialPosts),
    ),
    Check(
        code="no_outcome",
        severity="doubtful",
        asks="Meetings of which no outcome was logged",
        advice="Have outcomes logged: a meeting without one is neither held nor missed, and rates leave it out.",
        find=_no_outcome,
    ),
    Check(
        code="unknown_appointments",
        severity="doubtful",
        asks="Meetings that replace an appointment which is not there",
        advice="Export the earlier appointments too: chains of one meeting break, and count twice.",
        find=each(_unknown_appointments, MeetingLog),
    ),
    Check(
        code="off_the_scale",
        severity="wrong",
        asks="Scores outside their scale, such as 0 on 1 to 10",
        advice="Say the scale that was asked, or leave those answers out.",
        find=each(_off_the_scale, SurveyScores, Leads),
    ),
    Check(
        code="other_scale",
        severity="doubtful",
        asks="Twenty scores or more of which none is in the upper half of the scale",
        advice="Say the scale that was asked: a 5 of 5 is no 5 of 10.",
        find=each(_other_scale, SurveyScores, Leads),
    ),
    Check(
        code="answered_twice",
        severity="doubtful",
        asks="People who answered twice, where a segment names them (respondent, contact, person, email, employee, user)",
        advice="Keep the last answer of each person.",
        find=each(_answered_twice, SurveyScores),
    ),
)
