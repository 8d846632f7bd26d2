"""Checks of names: labels and accounts that are written in several ways, and accounts that are none."""

import collections
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator

from abmmetrics import _labels
from abmmetrics._labels import Labels
from abmmetrics._quality import Check, Found, Look, Sheet, each, having, listed, names_of
from abmmetrics.lifts import ArmOutcomes
from abmmetrics.targets import Contacts, TargetAccounts

_SEPARATORS = re.compile(r"(?:[^\w+#]|_)+")  # C, C++ and C# are three things
_MARKS = re.compile(r"(?<!\d)[.'’]|[.'’](?!\d)")
_NUMBERING = re.compile(r"^\W*\d{1,2}[\W_]+(?=[^\W\d])")
_SCHEME = re.compile(r"^(?:https?://)?(?:www\.)?(.*?)/?$")
_IDENTIFIER = re.compile(r"(?=[0-9A-Za-z+/=_-]{15,}$)(?=.*\d)(?=.*[a-z]).*[A-Z].*")
"""Identifiers such as 0015g00000AbCdE differ by case alone."""
_SHORT = 3

_LEGAL_FORMS = frozenset(
    [
        "ab",
        "ag",
        "as",
        "aps",
        "asa",
        "bv",
        "co",
        "company",
        "corp",
        "corporation",
        "gmbh",
        "inc",
        "incorporated",
        "kg",
        "kgaa",
        "limited",
        "llc",
        "llp",
        "ltd",
        "nv",
        "oy",
        "oyj",
        "plc",
        "pte",
        "pty",
        "sa",
        "sarl",
        "sas",
        "se",
        "sl",
        "spa",
        "sro",
        "srl",
    ]
)
_NOBODY = frozenset(
    [
        *("", "-", "--", "?", "#n/a", "#ref!", "(none)", "(not set)", "[none]", "n/a", "na", "nan", "no account"),
        *("no company", "none", "not set", "null", "tbd", "test", "test account", "unassigned", "undefined"),
        *("unknown", "xxx"),
    ]
)
_FREE_MAIL = frozenset(
    [
        *("126.com", "163.com", "aol.com", "free.fr", "gmail.com", "gmx.com", "gmx.de", "gmx.net", "googlemail.com"),
        *("hotmail.co.uk", "hotmail.com", "hotmail.fr", "icloud.com", "laposte.net", "libero.it", "live.com"),
        *("mac.com", "mail.com", "mail.ru", "me.com", "msn.com", "orange.fr", "outlook.com", "proton.me"),
        *("protonmail.com", "qq.com", "t-online.de", "web.de", "yahoo.co.id", "yahoo.co.jp", "yahoo.co.uk"),
        *("yahoo.com", "yahoo.fr", "yandex.ru", "ymail.com"),
    ]
)
_IDENTIFIERS = frozenset(
    [
        *("account", "parent", "employee", "contact", "recipient", "opportunity", "lead", "meeting"),
        *("rescheduled_from", "visitor", "session", "page_view", "event", "message", "link"),
        *("respondent", "person", "email", "user"),
    ]
)
"""Columns and segments that name things and people rather than kinds of them."""


def alike_key(name: str) -> str:
    """Return what names have in common that differ in case, spaces and punctuation only."""
    if _IDENTIFIER.fullmatch(name):
        return name
    folded = unicodedata.normalize("NFKC", name).casefold()
    key = _SEPARATORS.sub(_separator, folded)
    return key if len(key) >= _SHORT else " ".join(folded.split())


def word_key(name: str) -> str:
    """Return what names have in common that may also differ in a number in front."""
    return alike_key(_NUMBERING.sub("", name))


def _separator(found: re.Match[str]) -> str:
    """Keep 1-10 and 11-0 apart."""
    before, after = found.string[: found.start()][-1:], found.string[found.end() :][:1]
    return "." if before.isdigit() and after.isdigit() else ""


def company_key(name: str) -> str:
    """Return what names of one company have in common: also without its legal form, and of a web site its domain."""
    if _IDENTIFIER.fullmatch(name):
        return name
    bare = _SCHEME.sub(r"\1", name.strip().casefold())
    words = _SEPARATORS.sub(" ", _MARKS.sub("", bare)).split()
    while len(words) > 1 and words[-1] in _LEGAL_FORMS:
        words.pop()
    return alike_key(" ".join(words))


def alike(names: Iterable[tuple[int, str]]) -> list[list[tuple[int, str]]]:
    """Return the groups of names that look alike, with or without a number in front ("Won", "6 - Won")."""
    by_word: dict[str, list[tuple[int, str]]] = collections.defaultdict(list)
    for code, name in names:
        by_word[word_key(name)].append((code, name))
    groups: list[list[tuple[int, str]]] = []
    for word, group in by_word.items():
        # "1 year" and "2 years" are numbered both: two things, unless there is a "year" without a number.
        if any(alike_key(name) == word for _, name in group):
            groups.append(group)
        else:
            groups += _grouped(group, alike_key)
    return [group for group in groups if len(group) > 1]


def _grouped(names: Iterable[tuple[int, str]], key: Callable[[str], str]) -> list[list[tuple[int, str]]]:
    by_key: dict[str, list[tuple[int, str]]] = collections.defaultdict(list)
    for code, name in names:
        by_key[key(name)].append((code, name))
    return list(by_key.values())


def _told(groups: list[list[tuple[int, str]]]) -> str:
    return listed([listed([repr(name) for _, name in group]) for group in groups], "; ")


def _of_groups(sheet: Sheet, labels: Labels, groups: list[list[tuple[int, str]]], told: str) -> Iterator[Found]:
    if groups:
        codes = [code for group in groups for code, _ in group]
        yield from sheet.some(having(labels, codes), f"{told}: {_told(groups)}.")


def _alike_labels(sheet: Sheet) -> Iterator[Found]:
    for name, labels in sheet.label_columns().items():
        if name not in _IDENTIFIERS:
            yield from _of_groups(sheet, labels, alike(names_of(labels)), f"have labels of {name} that look alike")


def _alike_contacts(sheet: Sheet) -> Iterator[Found]:
    contacts: Labels | None = sheet.columns.get("contact")
    if contacts is not None:
        # Contacts are names, addresses or identifiers; of the last, none reads like another. Who they are stays unsaid,
        # since pages with findings are passed on.
        named = [(code, name) for code, name in names_of(contacts) if "@" in name or " " in name]
        codes = [code for group in _grouped(named, alike_key) if len(group) > 1 for code, _ in group]
        yield from sheet.some(having(contacts, codes), "are of people whose names look alike.")


def _shared_contacts(sheet: Sheet) -> Iterator[Found]:
    contacts, accounts = sheet.columns["contact"], sheet.columns["account"]
    owners: dict[int, set[int]] = collections.defaultdict(set)
    addresses = {code for code, name in names_of(contacts) if "@" in name}
    at = having(contacts, addresses) & ~accounts.missing()
    for contact, account in set(zip(contacts.codes()[at].tolist(), accounts.codes()[at].tolist(), strict=True)):
        owners[contact].add(account)
    several = [code for code in addresses if len(owners[code]) > 1]
    yield from sheet.some(having(contacts, several) & at, "are of people at several accounts.")


def _account_names(look: Look) -> Iterator[tuple[Sheet, Labels, dict[str, list[tuple[int, str]]]]]:
    """Return the accounts of each table, by what the names of one company have in common."""
    known = look.company_keys
    for sheet in look.of():
        if (accounts := sheet.accounts) is not None:
            groups: dict[str, list[tuple[int, str]]] = collections.defaultdict(list)
            for code, name in names_of(accounts):
                if name not in known:
                    known[name] = company_key(name)
                groups[known[name]].append((code, name))
            yield sheet, accounts, groups


def _alike_accounts(look: Look) -> Iterator[Found]:
    told: set[tuple[str, ...]] = set()
    for sheet, accounts, groups in _account_names(look):
        several = [group for group in groups.values() if len(group) > 1]
        new = [group for group in several if tuple(sorted(name for _, name in group)) not in told]
        told |= {tuple(sorted(name for _, name in group)) for group in several}
        yield from _of_groups(sheet, accounts, new, "are of accounts whose names look alike")


def _accounts_named_otherwise(look: Look) -> Iterator[Found]:
    first: dict[str, tuple[str, set[str]]] = {}  # the table that names a company first, and how
    for sheet, accounts, groups in _account_names(look):
        here = sheet.title
        others: dict[str, list[tuple[int, str]]] = collections.defaultdict(list)
        for key, group in groups.items():
            if key not in first:
                first[key] = here, {name for _, name in group}
            where, names = first[key]
            for code, name in group:
                if name not in names:
                    others[where].append((code, f"{name!r} for {min(names)!r}"))
        for where, strange in others.items():
            told = f"name accounts otherwise than the {where}: {listed([text for _, text in strange])}."
            yield from sheet.some(having(accounts, [code for code, _ in strange]), told)


def _accounts_not_targeted(look: Look) -> Iterator[Found]:
    targets = next((sheet.columns["account"] for sheet in look.of(TargetAccounts)), None)
    if targets is None:
        return
    wanted = set(targets.to_list())
    keys = {company_key(name) for _, name in names_of(targets)}
    for sheet in look.of():
        accounts = sheet.accounts
        if accounts is None or issubclass(sheet.model, (TargetAccounts, ArmOutcomes)):  # control arms are no targets
            continue
        strange = [
            code
            for code, name in enumerate(_labels.as_python_list(accounts.categories))
            if name not in wanted and not (isinstance(name, str) and company_key(name) in keys)
        ]
        yield from sheet.some(having(accounts, strange), "are of accounts that are not on the target list.")


def _nobody(sheet: Sheet) -> Iterator[Found]:
    if (accounts := sheet.accounts) is not None:
        names = [(code, name) for code, name in names_of(accounts) if name.strip().casefold() in _NOBODY]
        told = f"are of an account that is none: {listed([repr(name) for _, name in names])}."
        yield from sheet.some(having(accounts, [code for code, _ in names]), told)


def _free_mail(sheet: Sheet) -> Iterator[Found]:
    if (accounts := sheet.accounts) is not None:
        found = {code: domain for code, name in names_of(accounts) if (domain := _domain(name)) in _FREE_MAIL}
        told = f"are of accounts that are free-mail domains: {listed([*dict.fromkeys(found.values())])}."
        yield from sheet.some(having(accounts, found), told)


def _domain(name: str) -> str:
    return _SCHEME.sub(r"\1", name.strip().casefold()).rpartition("@")[2] if "." in name else ""


CHECKS = (
    Check(
        code="accounts_alike",
        severity="doubtful",
        asks="Accounts of one table whose names differ in case, spaces, punctuation or legal form only: Acme, ACME Inc.",
        advice="Give each company one name before anything is summed by account.",
        find=_alike_accounts,
    ),
    Check(
        code="accounts_named_otherwise",
        severity="doubtful",
        asks="Accounts that another table knows by a name that is written in another way",
        advice="Use one name, or one identifier, of an account in all tables: those written otherwise do not meet.",
        find=_accounts_named_otherwise,
    ),
    Check(
        code="account_is_nobody",
        severity="wrong",
        asks="Accounts called unknown, n/a, test and the like",
        advice="Leave the account empty where it is not known: rows of nobody are no account together.",
        find=each(_nobody),
    ),
    Check(
        code="free_mail_accounts",
        severity="wrong",
        asks="Free-mail domains (gmail.com, web.de, ...) taken for accounts",
        advice="Leave the account empty, or match the people by what else is known of them.",
        find=each(_free_mail),
    ),
    Check(
        code="accounts_not_targeted",
        severity="to know",
        asks="Rows of accounts that are not on the target list, where there is one",
        advice="Nothing, where they are not to count; else put the accounts on the list, or look how they are written.",
        find=_accounts_not_targeted,
    ),
    Check(
        code="labels_alike",
        severity="doubtful",
        asks='Labels of one column that look alike, in stages also but for their number: "Won", "6 - Won"',
        advice="Map them to one label, where they mean one thing.",
        find=each(_alike_labels),
    ),
    Check(
        code="contacts_alike",
        severity="doubtful",
        asks="Names and addresses of people that differ in case, spaces or punctuation only",
        advice="Merge the contacts: each counts as a person of its own.",
        find=each(_alike_contacts),
    ),
    Check(
        code="contacts_shared",
        severity="doubtful",
        asks="Addresses of people who are at several accounts",
        advice="Find out where they belong; merged contacts often keep their old account.",
        find=each(_shared_contacts, Contacts),
    ),
)
