"""Entities: what a text names: numbers, dates, addresses, and what the designer lists."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, PrivateAttr, field_validator

from models.utterance import Entity, Understanding
from nlp.amounts import CENTS, find_amounts, find_notes
from nlp.base import Component, Context
from nlp.durations import find_durations
from nlp.foreign_moments import LANGUAGES, find_foreign_moments
from nlp.foreign_numbers import LANGUAGES as COUNTED
from nlp.foreign_quantities import find_foreign_quantities
from nlp.language_codes import base_language
from nlp.moments import find_moments
from nlp.numbers import FIGURE, find_numbers
from nlp.ordinals import find_ordinals
from nlp.postcodes import find_postcodes
from nlp.privacy import EMAIL_NAME, find_personal
from nlp.project import Project
from nlp.ranges import other_ends
from nlp.regions import region_of
from nlp.slots import Slots, decided_entities, give_way, learnt_entities, load_project_slots
from nlp.spacy_models import ANY, NAME, check_spacy
from nlp.units import SAID_OTHERWISE, find_units

if TYPE_CHECKING:
    from nlp.entity_rules import PatternList, ValueList
    from nlp.names import Names

EMAIL = re.compile(EMAIL_NAME + r"@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])")
URL = re.compile(r"(?<![\w@])(?:https?://|www\.)[^\s<>\"']{1,2000}", re.IGNORECASE)
_SURE_ENDS = "com org net edu gov de fr nl ch uk pl cz dk fi ie jp cn br".replace(" ", "|")
_OTHER_ENDS = (
    "ai app at au be biz ca co dev es eu gg gl gle in info io it link ly me online page pt se shop site so store to tv"
    " us"
).replace(" ", "|")
_SHARED_ENDS = r"(?:co|com|org|net|gov|ac|edu)\.[a-z]{2}"
DOMAIN = re.compile(
    r"(?<![\w@.+'’/-])(?=[\w.-]{0,80}[a-z])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,5}"
    rf"(?:(?:{_SHARED_ENDS}|{_SURE_ENDS})(?![\w@-]|\.\w)(?:[/?#][^\s<>\"']{{0,2000}})?"
    rf"|(?:{_OTHER_ENDS})/[^\s<>\"']{{1,2000}})",
    re.IGNORECASE,
)
"""Web addresses without http or www: those that end as no sentence goes on, others only with a path."""
URL_TAIL = ".,;:!?)]}'\"…"
FEWEST_PHONE_DIGITS = 7
SOME_DIGITS = "+44 20 7946 0958, 020 7946 0958"
FEWEST_CARD_DIGITS = 12
MAX_PHONE_TEXT = 1_000
MAX_ENTITIES = 200
RANK = {
    "email": 1, "url": 1, "card": 1, "iban": 1, "phone": 2, "postcode": 3, "datetime": 3, "date": 3, "time": 3,
    "amount": 4, "duration": 4, "quantity": 5, "ordinal": 5, "number": 6,
}  # fmt: skip
"""Where two entities have the same span, the lower rank stays; the designer's own have rank 0."""

MOMENTS = frozenset({"date", "time", "datetime"})
SOME_DAY = 1_700_000_000_000
"""When texts are read of which only the kinds of entities count, and not which day they name."""

FIRST_TEXTS = {
    "de": "drei Pizzen am 3. Mai um halb fünf für 12,50 Euro, Ende des Monats, in einer Viertelstunde",
    "en": "three pizzas on May 3 at half past five for 12.50 euros, end of the month, in a quarter of an hour",
    "es": "tres pizzas el 3 de mayo a las cinco y media, 12,50 euros, a fines del mes, en un cuarto de hora",
    "fr": "trois pizzas le 3 mai à cinq heures et demie, 12,50 euros, fin du mois, dans un quart d'heure",
    "it": "tre pizze il 3 maggio alle 5 e mezza, 12,50 euro, entro fine mese, tra un quarto d'ora",
    "nl": "drie pizza's op 3 mei om half vijf, 12,50 euro, eind van de maand, over een kwartier",
    "pt": "três pizzas no dia 3 de maio às cinco e meia, 12,50 euros, no fim do mês, em um quarto de hora",
}
"""Texts that need most of the rules of a language, which takes up to 0.1 s the first time."""

MAX_LOOKED_AT = 200
"""Marked values of an entity that are looked at to see whether it is one of numbers or dates."""


class Entities(Component):
    """Numbers, money, dates, durations, addresses, phone numbers, postcodes, and the project's own entities.

    What is marked in utterances, `a table at [Luigi's](restaurant)`, teaches where such a value stands, so that others
    are found there that were never written down. Where two overlap, the longer one stays; of two with the same span,
    the designer's own; a marked day or time stays within a longer one, too. Figures that begin with 0 (0012345) are a
    code and no number: a pattern of the project's takes them as typed. Names of persons, organisations and places
    come too where a spaCy model is named, in what all others leave.
    """

    kind = "entities"
    heeds: ClassVar[tuple[str, ...]] = ("language",)
    gives: ClassVar[tuple[str, ...]] = ("entities",)

    phone_region: str = Field(default="", pattern="^([A-Z]{2})?$")
    """The country of phone numbers without a prefix, such as GB. Empty: that of the project's language (de-AT) or
    time zone (Europe/London); where these name none, only numbers with + are found. Cents alone are its own, too."""
    day_first: bool = True
    """Whether 3/4 is the 3rd of April (else the 4th of March)."""
    slips: bool = True
    """Whether a long word that is a slip or two away from a listed value is taken for it: "sneekers" for sneakers."""
    learn: bool = True
    """Whether marks in utterances teach more than the marked values themselves."""
    sure: float = Field(default=0.5, ge=0, le=1)
    """How sure it has to be of a value that it never saw."""
    without: tuple[str, ...] = ()
    """Kinds that are not looked for, such as phone."""
    ner: str = Field(default="", pattern=NAME)
    """An installed spaCy model that finds person, organisation and place, such as en_core_web_sm; auto (or true):
    the one for the project's language. Empty: none are looked for."""

    _region: str = PrivateAttr(default="")
    _values: "ValueList" = PrivateAttr()
    _patterns: "PatternList" = PrivateAttr()
    _names: "Names | None" = PrivateAttr(default=None)
    _slots: Slots | None = PrivateAttr(default=None)
    _own: frozenset[str] = PrivateAttr(default=frozenset())
    _typed: frozenset[str] = PrivateAttr(default=frozenset())

    @field_validator("ner", mode="before")
    @classmethod
    def _read_ner(cls, value: object) -> object:
        return (ANY if value else "") if isinstance(value, bool) else value

    def region(self, project: Project) -> str:
        """The country of phone numbers without a prefix; empty where nothing names one."""
        return self.phone_region or region_of(project)

    def is_trained(self, project: Project) -> bool:
        return self.learn and bool(learnt_entities(project))

    def check_machine(self, project: Project) -> None:
        if self.ner not in ("", ANY):  # to look for any takes spaCy
            check_spacy(self.ner)

    def prepare(self, project: Project, models: Path | None) -> None:
        from nlp.entity_rules import load_rules

        if self.learn:
            self._slots = load_project_slots(project, models, self.sure)
        decided = frozenset() if self._slots is None else decided_entities(project)
        self._values, self._patterns = load_rules(project, slips=self.slips, learnt=decided)
        marked = (slot.entity for row in project.utterances for slot in row.slots)
        self._own = frozenset((*(rule.name for rule in project.entities), *marked))
        self._values.warm()
        self._region = self.region(project)
        language = base_language(str(project.settings.get("language", "en")))
        self._typed = typed_entities(project, language)
        if "phone" not in self.without:  # so that the first text does not wait for it
            find_phones(SOME_DIGITS, self._region)
        if self.ner:
            from nlp.names import Names

            self._names = Names(self.ner, language)

    def warm(self, languages: Sequence[str]) -> None:
        """Make the rules of these languages ready, so that the first text does not wait for them."""
        for language in languages:
            first = FIRST_TEXTS.get(language, FIRST_TEXTS["en"])
            find_by_rule(first, language, now=SOME_DAY, phone_region=self._region)

    def read(self, understanding: Understanding, context: Context) -> str:
        text = understanding.text
        spoken = understanding.language or context.language
        known = find_by_rule(
            text, spoken, now=context.now, timezone=context.timezone, day_first=self.day_first,
            phone_region=self._region,
        )  # fmt: skip
        found = [*self._values.find(text), *self._patterns.find(text), *known]
        if self._slots is not None:
            found = give_way(found, self._slots.find(text, settle(known)), self._slots.kinds, self._own)
        found = with_values(found, known, self._typed)
        kept = settle([entity for entity in found if entity.kind not in self.without])
        if self._typed:
            kept = self._with_marked(found, kept, spoken, context)
        if self._names is not None and self._names.reads(spoken):
            names = [entity for entity in self._names.find(text) if entity.kind not in self.without]
            found += names
            kept = add_names(kept, names)
        understanding.entities = kept[:MAX_ENTITIES]
        return f"{len(kept)} of {len(found)} found stay" if found else "nothing found"

    def _with_marked(self, found: list[Entity], kept: list[Entity], language: str, context: Context) -> list[Entity]:
        """What stays, and marked days and times that lie within a longer one: the Friday of "on Friday at 7"."""
        moments = [row for row in kept if row.kind in MOMENTS]
        more = []
        for row in found:
            if row.kind not in self._typed or row in kept:
                continue
            if any(wider.start <= row.start and row.end <= wider.end for wider in moments):
                alone = find_by_rule(
                    row.text, language, now=context.now, timezone=context.timezone, day_first=self.day_first,
                    phone_region=self._region,
                )  # fmt: skip
                alone = [moment for moment in alone if moment.kind in MOMENTS and moment.text == row.text]
                more += [Entity(row.kind, moment.value, row.text, row.start, row.end, row.source) for moment in alone]
        return sorted([*kept, *more], key=lambda row: (row.start, row.end, row.kind)) if more else kept


def find_by_rule(
    text: str, language: str, *, now: int, timezone: str = "UTC", day_first: bool = True, phone_region: str = ""
) -> list[Entity]:
    """Everything that our own rules know in a language; what overlaps is not yet settled."""
    found = [*find_addresses(text), *find_phones(text, phone_region)]
    if language in LANGUAGES:
        found += find_foreign_moments(text, language, now=now, timezone=timezone)
    else:
        found += find_moments(text, now=now, timezone=timezone, day_first=day_first)
    return found + find_plain(text, language, phone_region)


def typed_entities(project: Project, language: str) -> frozenset[str]:
    """The entities that have no rule of the designer's and whose marked values mostly are numbers, dates and the like.

    Their values are what our rules make of them, wherever they are found: `[seven](party)` is 7.
    """
    ruled = {rule.name for rule in project.entities}
    marked: dict[str, set[str]] = {}
    for utterance in project.utterances:
        for slot in utterance.slots:
            if slot.entity not in ruled:
                marked.setdefault(slot.entity, set()).add(slot.text)
    typed = []
    for name, texts in marked.items():
        looked_at = sorted(texts)[:MAX_LOOKED_AT]
        whole = sum(any(row.text == text for row in find_by_rule(text, language, now=SOME_DAY)) for text in looked_at)
        if 2 * whole > len(looked_at):
            typed.append(name)
    return frozenset(typed)


def with_values(found: list[Entity], known: list[Entity], typed: frozenset[str]) -> list[Entity]:
    """`found`, where entities that are `typed` have the value of what our rules know of the same span."""
    if not typed:
        return found
    values = {(row.start, row.end): row.value for row in known}
    return [
        Entity(row.kind, values[row.start, row.end], row.text, row.start, row.end, row.source, row.confidence)
        if row.kind in typed and (row.start, row.end) in values
        else row
        for row in found
    ]


def find_plain(text: str, language: str = "en", region: str = "") -> list[Entity]:
    """Money, durations, quantities, ordinals and numbers, postcodes, cards and accounts.

    Words of languages that have no rules for quantities are read as English ones. `region`: the country whose cents
    are meant where no other money is named with them.
    """
    if language in COUNTED:
        found = find_foreign_quantities(text, language)
        numbers = [row for row in found if row.kind == "number"]
    else:
        numbers = find_numbers(text, language)
        found = [*find_ordinals(text), *numbers, *find_durations(text, numbers), *find_units(text, numbers, language)]
    found = [row for row in found if row.kind != "quantity" or row.value["unit"] not in SAID_OTHERWISE]
    figures = FIGURE.search(text) is not None
    if figures or numbers:
        found += find_amounts(text, numbers, cents="EUR" if language in COUNTED else CENTS.get(region, "USD"))
    found += find_notes(text, numbers)
    found = other_ends(found, text, language) + found  # of two with one span the first stays: $20 of $20-30k
    if figures:
        found += find_postcodes(text)
    if figures and sum(map(str.isdigit, text)) >= FEWEST_CARD_DIGITS:
        found += find_personal(text)
    return found


def find_addresses(text: str) -> list[Entity]:
    """E-mail and web addresses."""
    found = []
    if "@" in text:
        for match in EMAIL.finditer(text):
            found.append(Entity("email", match.group().lower(), match.group(), match.start(), match.end(), "address"))
    for shape in (URL, DOMAIN) if "." in text or "://" in text else ():
        for match in shape.finditer(text):
            words = match.group().rstrip(URL_TAIL)
            if "." in words or "://" in words:
                value = words if "://" in words else f"https://{words}"
                found.append(Entity("url", value, words, match.start(), match.start() + len(words), "address"))
    return found


def find_phones(text: str, region: str) -> list[Entity]:
    """Phone numbers that exist by their country's plan, in E.164."""
    if sum(map(str.isdigit, text)) < FEWEST_PHONE_DIGITS or ("+" not in text and not region):
        return []
    import phonenumbers

    matcher = phonenumbers.PhoneNumberMatcher(text[:MAX_PHONE_TEXT], region or None)
    return [
        Entity(
            "phone", phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164),
            match.raw_string, match.start, match.end, "phone",
        )
        for match in matcher
    ]  # fmt: skip


def settle(found: list[Entity]) -> list[Entity]:
    """Those that stay where some overlap: longest first, then by rank, then from the left.

    The designer's own entities may share a span with each other: a word can be two things.
    """
    kept: list[Entity] = []
    owner: dict[int, Entity] = {}
    for entity in sorted(found, key=lambda row: (row.start - row.end, RANK.get(row.kind, 0), row.start)):
        others = {id(owner[at]): owner[at] for at in range(entity.start, entity.end) if at in owner}.values()
        if any(not _may_share(entity, other) for other in others):
            continue
        owner.update(dict.fromkeys(range(entity.start, entity.end), entity))
        kept.append(entity)
    return sorted(kept, key=lambda row: (row.start, row.end, row.kind))


def add_names(kept: list[Entity], names: list[Entity]) -> list[Entity]:
    """What stays, and those of the names that touch none of it: a model guesses, rules know."""
    taken = {at for entity in kept for at in range(entity.start, entity.end)}
    free = [name for name in names if taken.isdisjoint(range(name.start, name.end))]
    return sorted([*kept, *free], key=lambda row: (row.start, row.end, row.kind))


def _may_share(one: Entity, other: Entity) -> bool:
    same_span = (one.start, one.end) == (other.start, other.end)
    return same_span and one.kind not in RANK and other.kind not in RANK and one.kind != other.kind
