"""ForeignCalendars: the words by which six languages beside English name days, and count them."""

import re
from typing import NamedTuple


class Calendar(NamedTuple):
    """A language's words: months and weekdays in order, days by their distance from today, and what goes between.

    `last` stands before or behind a weekday that is over, `coming` of one that comes. A day that follows a word of
    `no_day` is none ("good morning"), nor one of `doubtful` before a word that is not in `goes_on` ("a second time").
    """

    months: str
    weekdays: str
    days: dict[str, int]
    of: str
    ahead: str
    units: str
    first: str
    last: str
    coming: str
    no_day: str = ""
    doubtful: str = ""
    goes_on: str = ""


CALENDARS = {
    "de": Calendar(
        "januar februar märz april mai juni juli august september oktober november dezember",
        "montag dienstag mittwoch donnerstag freitag samstag sonntag",
        {"heute": 0, "morgen": 1, "übermorgen": 2, "gestern": -1, "vorgestern": -2}, "", "in",
        "tag(?:en)? woche(?:n)? monat(?:en)? stunde(?:n)? minute(?:n)?",
        "ersten?", "letzte[nrs]?|vorige[nrs]?|vergangene[nrs]?",
        "nächste[nrs]?|kommende[nrs]?", "guten am jeden der einen schönen dem",
    ),
    "fr": Calendar(
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "lundi mardi mercredi jeudi vendredi samedi dimanche",
        {"aujourd'hui": 0, "demain": 1, "après-demain": 2, "après demain": 2, "hier": -1, "avant-hier": -2,
         "avant hier": -2}, "", "dans",
        "jours? semaines? mois heures? minutes?", "premier", "dernier|passé", "prochain",
    ),
    "es": Calendar(
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "lunes martes miércoles jueves viernes sábado domingo",
        {"hoy": 0, "mañana": 1, "pasado mañana": 2, "ayer": -1, "anoche": -1, "anteayer": -2,
         "antes de ayer": -2}, "de", "en|dentro de",
        "días? semanas? mes(?:es)? horas? minutos?", "primero", "pasado", "próximo|que viene", "la",
    ),
    "it": Calendar(
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "lunedì martedì mercoledì giovedì venerdì sabato domenica",
        {"oggi": 0, "domani": 1, "dopodomani": 2, "ieri": -1, "l'altro ieri": -2}, "", "tra|fra",
        "giorn[oi] settiman[ae] mes[ei] or[ae] minut[oi]", "primo", "scors[oa]|passat[oa]",
        "prossim[oa]",
    ),
    "nl": Calendar(
        "januari februari maart april mei juni juli augustus september oktober november december",
        "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
        {"vandaag": 0, "morgen": 1, "overmorgen": 2, "gisteren": -1, "gister": -1, "eergisteren": -2}, "",
        "over|binnen",
        "dag(?:en)? we(?:ek|ken) maand(?:en)? u(?:ur|ren) minu(?:ut|ten)", "eerste", "afgelopen|vorige|laatste",
        "komende|volgende|aanstaande", "goede goeie de elke",
    ),
    "pt": Calendar(
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "segunda(?:-feira)? terça(?:-feira)? quarta(?:-feira)? quinta(?:-feira)? sexta(?:-feira)? sábado domingo",
        {"hoje": 0, "amanhã": 1, "depois de amanhã": 2, "ontem": -1, "anteontem": -2}, "de", "em|daqui a",
        "dias? semanas? m(?:ês|eses) horas? minutos?", "primeiro", "passad[oa]|últim[oa]", "próxim[oa]|que vem", "",
        "segunda terca quarta quinta sexta",
        "passada próxima que de das à às e ou a as o pela no na com para por ao até da feira se já eu não",
    ),
}  # fmt: skip
AGO = {
    "de": ("vor", ""), "fr": ("il y a", ""), "es": ("hace", ""), "it": ("", "fa"), "nl": ("", "geleden"),
    "pt": ("há|faz", "atrás"),
}  # fmt: skip
"""What is said before or behind a count of units that are over."""

QUARTERS = {
    "de": {15: "einer viertelstunde", 30: "einer halben stunde", 45: "einer dreiviertel[ ]?stunde",
           90: "(?:anderthalb|eineinhalb) stunden"},
    "fr": {15: "un quart d['’]heure", 30: "une demi[ -]heure", 45: "trois[ -]quarts d['’]heure"},
    "es": {15: "un cuarto de hora", 30: "media hora", 45: "tres cuartos de hora", 90: "hora y media"},
    "it": {15: "un quarto d['’ ]ora", 30: "mezz['’ ]ora", 45: "tre quarti d['’ ]ora", 90: "un['’ ]ora e mezza"},
    "nl": {15: "een kwartier(?:tje)?", 30: "een half[ ]?uur(?:tje)?", 45: "drie kwartier", 90: "anderhalf uur"},
    "pt": {15: "um quarto de hora", 30: "meia hora", 45: "três quartos de hora", 90: "hora e meia"},
}  # fmt: skip
"""Minutes that are told in quarters of an hour, behind "in" or "ago"."""

QUARTER = re.compile("viertel|hal[bf]|[cq]uart|kwart|demi|medi|mezz|mei", re.IGNORECASE)
"""Each of them has one of these in it."""

AND_A_HALF = {"de": "", "fr": "et demie", "es": "y media", "it": "e mezza", "nl": "", "pt": "e meia"}
"""Half an hour more, behind hours."""

UNITS = ("day", "week", "month", "hour", "minute")


class Beside(NamedTuple):
    """How a day of the month is said: `article` stands between it and its weekday, `to` between two of them, `mark`
    behind it, `alone` before it where no weekday does. It is none unless a word of `goes_on` follows, a part of the
    day, or nothing.
    """

    article: str
    to: str
    mark: str
    alone: str
    goes_on: str


DAYS_OF_MONTH = {
    "de": Beside("(?:de[mnr]|am|zum)[ ]", "bis|und|oder", r"\.", r"(?<=\bam )",
                 "um|ab|bis|gegen|zwischen|und|oder|bitte|wäre|geht|ist|passt|für|mit"),
    "fr": Beside("le[ ]", "au|et|ou", "", "",
                 "à|vers|avant|après|dès|entre|et|ou|si|est|serait|pour|avec|dans|au|merci|svp"),
    "es": Beside("(?:el[ ])?(?:día[ ])?", "al?|y|o", "", "día[ ]",
                 "a|al|de|por|para|y|o|si|es|con|desde|hasta|entre|sobre|gracias"),
    "it": Beside("(?:il[ ])?(?:giorno[ ])?", "al?|e|o", "", "giorno[ ]",
                 "alle|all|dalle|dopo|verso|entro|per|e|o|se|va|con|di|nel|grazie"),
    "nl": Beside("(?:de[ ])?", "tot(?:[ ]en[ ]met)?|t/m|en|of", "(?:e|ste|de)?",
                 r"(?<=\bde )(?=\d{1,2}(?:e|ste|de)\b)",
                 "om|vanaf|tot|rond|tussen|en|of|graag|is|kan|voor|met"),
    "pt": Beside("(?:(?:n?o[ ])?dia[ ])?", "ao?|e|ou", "", "dia[ ]",
                 "às|à|ao|das|de|por|para|e|ou|se|com|até|depois|antes|pelas"),
}  # fmt: skip
