"""SentimentPhrases: what is said of a service in several words, whose sound is not that of the words.

Each is read as one word of `LEXICON`. Written by hand.
"""

import re

GOOD, BAD, CALM = "phraseofpraise", "phraseofblame", "phraseofnothing"
LEXICON = {GOOD: 2.4, BAD: -2.2}

SERVICE_WORDS = {
    "rubbish": -2.2, "shambles": -2.3, "shambolic": -2.3, "overpriced": -1.9, "overcharged": -2.1, "unhelpful": -2.0,
    "unusable": -2.2, "ripoff": -2.4, "dreadful": -2.5, "appalling": -2.6, "shoddy": -2.0, "extortionate": -2.3,
    "clueless": -1.9, "crashing": -1.8, "please": 0.0, "help": 0.0, "gift": 0.0, "number": 0.0, "card": 0.0,
    "refund": 0.0, "cancel": 0.0, "want": 0.0, "credit": 0.0, "share": 0.0, "interest": 0.0, "accept": 0.0,
    "block": 0.0, "security": 0.0, "pay": 0.0, "chance": 0.0, "pls": 0.0, "plz": 0.0, "support": 0.0, "holiday": 0.0,
    "holidays": 0.0, "pressure": 0.0, "blue": 0.0, "fan": 0.0, "top": 0.0, "urgent": 0.0,
}  # fmt: skip
"""What customers say of a service in English; "please", "want" and "help" ask, and praise nothing.

What "cancel" and "block" ask for is no blame; interest is paid, and credit is on a card."""

CODES = frozenset(
    """
    1337 143 1432 182 187 86 4q 5fs 8d d8 g1 n1 afu aml bl bz doa dx gga gl gla gt jj jp jt jw kia l lts lya mia nfc
    nfw nh nme po pu qt tx vwd wag wd wp xp xtc ill
    """.split()  # noqa: SIM905
)
"""What VADER takes for slang and customers write for numbers, sizes, models, makes and places: order 187, size L, a
Kia, NFC; and for "I'll"."""

SERVICE_WORDS |= dict.fromkeys(CODES, 0.0)

_ALONE = r"(?<![/.\d]{0})(?<!on {0})(?<!day {0})"
_RATED = r"(?=\W*(?:\Z|[.!,?\n])|[ ](?:stars?|for|from)\b)"
"""What is not before a rating, looked at behind it for speed, and what follows one, so that it is no day nor count."""

_KNOWN = "(?:had|seen|known|eaten|tasted|met|experienced|been|felt|used|received|got|found|heard)"
_THINGS = (
    "(?=[acdefilps])(?:fire|accident|emergency|fraud|damage|liability|sick|sickness|illness|critical illness|death"
    "|cancer|debt|pain|panic)[ -]"
    "(?:insurance|cover|coverage|polic(?:y|ies)|claims?|appointments?|departments?|teams?|desk|hot ?line|line"
    "|numbers?|contacts?|alarms?|exits?|doors?|extinguishers?|certificates?|leave|notes?|pay|screenings?|advice"
    "|deposits?|waivers?|alerts?|button|relief|killers?|kit|rooms?|services?|call[ -]?outs?|repairs?|plumbers?"
    "|electricians?|dentists?|forms?|charges?|fees?|tests?)"
    "|(?=[lms])(?:lost|stolen|missing)(?:(?: or | and |/)(?:lost|stolen|missing))? (?:cards?|luggage|baggage|property)"
    "|(?=[bdeghlt])(?:lost (?:and|&) found|happy hours?|good friday|best before|dear (?:sirs?|madam|team|all)"
    "|energy drinks?|trust funds?)"
)
"""What things are called that customers ask about: an emergency appointment is no fear, and a happy hour no joy."""

_LOST = (
    "(?=[iw])(?:i|we)(?:['’]?ve| have|['’]?d| had)?(?: just| also)? lost (?:my|our|the|an?) (?:(?!only\\b)\\w+ )?"
    "(?:cards?|wallets?|purses?|phones?|mobiles?|iphones?|sims?|keys?|passports?|tickets?|pass|passwords?|pins?|logins?"
    "|receipts?|invoices?|labels?|bags?|luggage|glasses|coats?|jackets?|vouchers?|licen[cs]es?|letters?)"
)
"""What somebody lost herself and wants help with; "you lost my parcel" is another matter."""

_ENGLISH = (
    (GOOD, r"could(?:n['’]?t| not) (?:be|have been) (?:happier|better|more (?:pleased|helpful|happy))"
           r"|spot[ -]on|over the moon|made my day|(?<![/.])5[ -]stars?(?! for| hotels?)|(?<![/.])10/10"
           r"|top[ -](?:notch|class|quality|service|job|marks|man|bloke|lads?|stuff)"
           r"|an? (?:(?:big|huge|massive|great|real|true|loyal) )?fan of|(?:huge|massive|biggest) fan"
           r"|no complaints"
          rf"|(?:[45]/5{_ALONE.format('./5')}|[89]/10{_ALONE.format('./10')}){_RATED}"
          r"|(?:4|four)[ -]stars?(?! for| hotels?)"
          rf"|never (?:\w+ )?{_KNOWN} (?:\w+ )?better"),
    (BAD, r"(?:could|can only) (?:be|get|have been) better|(?:is|was|what|such|are|ur|you['’]?re) a joke|having a laugh"
          r"|hardly (?:good|great|helpful|ideal|fast)|ripped off|rip[ -]off|never again|so slow|too slow"
          r"|(?:does(?:n['’]?t| not)|never|not|won['’]?t|is(?:n['’]?t| not)|stopped) work(?:s|ing|ed)?"
          r"|(?<![/.])(?:[01]|zero|one)[ -]stars?|(?<![/.])0/10|arrived (?:cold|late|broken|damaged)"
          r"|cold and late|not (?:really )?a (?:(?:big|huge|great) )?fan(?! (?:heater|oven)s?\b)"
          r"|waste of (?:time|money)"
          rf"|(?:[12]/5{_ALONE.format('./5')}|[1-4]/10{_ALONE.format('./10')}){_RATED}|(?:2|two)[ -]stars?(?! hotels?)"
          rf"|never (?:\w+ )?{_KNOWN} (?:\w+ )?worse|could(?:n['’]?t| not) (?:be|have been|get) (?:any )?worse"
          r"|fed up|had enough(?! \w)|tak(?:e|es|en|ing) (?:forever|ages)|took (?:forever|ages)"
          r"|expected (?:better|more)|nothing works|nobody (?:answer|repl|help|car|listen)\w*"
          r"|nobody (?:came|picks? up|turned up)"
          r"|(?:not|\w{2,6}n['’]?t) (?:nearly |quite )?(?:as|so) (?:good|great|nice|fast|quick|easy|fresh|clean|helpful"
          r"|reliable) as(?: \w+){0,2} (?:hoped|expected|promised|advertised|described|thought)"
          r"|still (?:waiting|no (?:reply|response|answer|refund))|still have(?:n['’]?t| not) \w+ed"),
    (CALM, rf"{_THINGS}|{_LOST}|no(?=[.:]? ?[:#]? ?\d)|oh (?:my )?(?:god|gosh)|no pressure|no,? pl(?:ease|s|z)|"
           r"(?:(?:want|need|get|like) )?my money back|do(?:n['’]?t| not) bother|no,? thank(?:s| you)"
           r"|(?:would|i['’]d|we['’]d) like(?= (?:to|an?|the|my|some)\b)|best (?:time|way|number|day) (?:to|for)"
           r"|\A\W*no+(?:pe)?\W*\Z|\Ano(?= (?:i|we|it|that|the|my)\b)"
           r"|free (?:delivery|shipping|returns?|parking|wifi|trial)|thanks in advance"),
)  # fmt: skip
_OTHERS = {
    "de": (
        (BAD, r"nicht (?:angekommen|da|erhalten|bekommen|geliefert|erreichbar)"
              r"|(?:funktionier\w+|geht|klappt) (?:\w+ )?nicht|bin (?:\w+ )?sauer|nie wieder"
              r"|danke für (?:gar )?nichts|(?:nase|schnauze) (?:\w+ )?voll|reicht(?:['’]s| es)? mir"),
        (CALM, r"gutschein\w*|gutschrift\w*|netto\w+|später\w*|spätestens|guten? (?:morgen|tag|abend)"),
        (GOOD, r"problemlos\w*|fehlerfrei\w*|kein(?:e|en)? probleme?|nicht schlecht"),
    ),
    "fr": (
        (BAD, r"(?:pas|jamais) (?:encore )?(?:arrivée?s?|reçue?s?|livrée?s?)"
              r"|ne (?:marche|fonctionne)\w* (?:pas|plus|jamais)|trop ch(?:er|ère)s?|de la merde|plus jamais"
              r"|merci pour rien|en ai (?:\w+ )?(?:marre|assez)|ras[ -]le[ -]bol"),
        (CALM, r"bons? (?:de commande|d['’]achat|de réduction)|contentieux|bonjour|bonsoir|bonne (?:journée|soirée)"),
        (GOOD, r"pas mal(?: du tout)?|sans problème|aucun problème"),
    ),
    "es": (
        (BAD, r"no (?:funciona|ha llegado|llegó|he recibido|recibí|sirve)|(?:una|de) mierda|muy caro|nunca más"
              r"|gracias por nada|estoy (?:\w+ )?hart[oa]"),
        (CALM, r"buenos aires|buen(?:os|as) (?:días|tardes|noches)|(?:más|la|esta|muy) tarde|rotonda\w*|rotulador\w*"),
        (GOOD, r"sin problemas?|ningún problema"),
    ),
    "it": (
        (BAD, r"non (?:funziona|è arrivat[oa]|ho ricevuto|va)|una? merda|troppo caro|mai più"
              r"|grazie (?:per|di) niente|sono (?:\w+ )?stuf[oa]"),
        (CALM, r"buon[oi] (?:sconto|regalo)|buon(?:giorno|asera)|buon (?:giorno|pomeriggio)|buona (?:sera|giornata)"
               r"|più tardi"),
        (GOOD, r"nessun problema|senza problemi"),
    ),
    "pt": (
        (BAD, r"não (?:funciona|gostei|chegou|recebi)|uma merda|muito caro|nunca mais"
              r"|obrigad[oa] por nada|estou (?:\w+ )?fart[oa]"),
        (CALM, r"boa (?:tarde|noite)|bom dia|(?:mais|à|da|de|esta) tarde"),
        (GOOD, r"sem problemas?|nenhum problema"),
    ),
}  # fmt: skip
PHRASES = {
    language: re.compile(r"(?<!\w)(?:" + "|".join(f"(?P<{word}>{said})" for word, said in rows) + r")(?!\w)", re.I)
    for language, rows in {"en": _ENGLISH, **_OTHERS}.items()
}


TURNED = re.compile(
    r"\b(?:less than|far from(?! (?:the|my|our|here|home|me|town)\b)(?: being)?|anything but|hardly|barely)(?= [a-z])",
    re.IGNORECASE,
)
"""What turns the next words round in English, and VADER does not know: less than impressed."""

ONLY = re.compile(r"\bnothing but\b", re.IGNORECASE)
""" "Nothing but praise" turns nothing round."""


NOT_OF_A_SIGN = re.compile(
    r"\b(?:not|no|never|nothing|nobody|none|nor|without|cannot|\w{2,6}n['’]?t)(?:\W+\w+){0,3}?\W+(?=emojisign)",
    re.IGNORECASE,
)
MOST_SIGNS = 20
""" "Not here" and an angry face: the face is angry all the same. VADER's time grows with the words put between."""

NEW_CLAUSE = re.compile(r"(?:[,;.!?]|\b(?:and|but|so))[ ]\Z", re.IGNORECASE)
LOOKED_AT = 6
APART = "phrase phrase phrase "
"""Three words that say nothing: "never came and nobody answers" is no "never" of the second half."""


def _as_word(match: re.Match[str]) -> str:
    before = NEW_CLAUSE.search(match.string, max(0, match.start() - LOOKED_AT), match.start())
    return f" {APART if before else ''}{match.lastgroup} "


def phrases_as_words(text: str, language: str) -> str:
    """The text with the phrases of a language as words of `LEXICON`, and with English negations that VADER knows."""
    phrases = PHRASES.get(language)
    if phrases is not None:
        text = phrases.sub(_as_word, text)
    if language != "en":
        return text
    text = TURNED.sub("not", ONLY.sub("only", text))
    return NOT_OF_A_SIGN.sub(rf"\g<0>{APART}", text, count=MOST_SIGNS) if "emojisign" in text else text
