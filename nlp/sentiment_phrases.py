"""SentimentPhrases: what is said of a service in several words, whose sound is not that of the words.

Each is read as one word of `LEXICON`. Written by hand.
"""

import re

GOOD, BAD, CALM = "phraseofpraise", "phraseofblame", "phraseofnothing"
LEXICON = {GOOD: 2.4, BAD: -2.2}

SERVICE_WORDS = {
    "rubbish": -2.2, "shambles": -2.3, "shambolic": -2.3, "overpriced": -1.9, "overcharged": -2.1, "unhelpful": -2.0,
    "unusable": -2.2, "ripoff": -2.4, "dreadful": -2.5, "appalling": -2.6, "shoddy": -2.0, "extortionate": -2.3,
    "clueless": -1.9, "please": 0.0, "help": 0.0, "gift": 0.0, "number": 0.0, "card": 0.0, "refund": 0.0,
}  # fmt: skip
"""What customers say of a service in English; "please" and "help" ask, and praise nothing."""

_ENGLISH = (
    (GOOD, r"could(?:n['’]?t| not) (?:be|have been) (?:happier|better|more (?:pleased|helpful|happy))"
           r"|spot[ -]on|over the moon|made my day|(?<![/.])5[ -]stars?(?! for)|(?<![/.])10/10|top notch"
           r"|no complaints"),
    (BAD, r"(?:could|can only) (?:be|get|have been) better|(?:is|was|what|such) a joke|having a laugh"
          r"|hardly (?:good|great|helpful|ideal|fast)|ripped off|never again|so slow|too slow"
          r"|(?:does(?:n['’]?t| not)|never|not|won['’]?t|is(?:n['’]?t| not)|stopped) work(?:s|ing|ed)?"
          r"|(?<![/.])(?:[01]|zero|one)[ -]stars?|(?<![/.])0/10|arrived (?:cold|late|broken|damaged)"
          r"|cold and late"
          r"|waste of (?:time|money)"),
    (CALM, r"no,? thank(?:s| you)|free (?:delivery|shipping|returns?|parking|wifi|trial)|thanks in advance"),
)  # fmt: skip
_OTHERS = {
    "de": (
        (BAD, r"nicht (?:angekommen|da|erhalten|bekommen|geliefert|erreichbar)"
              r"|(?:funktionier\w+|geht|klappt) (?:\w+ )?nicht|bin (?:\w+ )?sauer|nie wieder"),
        (CALM, r"gutschein\w*|gutschrift\w*|netto\w+|später\w*|spätestens|guten? (?:morgen|tag|abend)"),
        (GOOD, r"problemlos\w*|fehlerfrei\w*|kein(?:e|en)? probleme?|nicht schlecht"),
    ),
    "fr": (
        (BAD, r"(?:pas|jamais) (?:encore )?(?:arrivée?s?|reçue?s?|livrée?s?)"
              r"|ne (?:marche|fonctionne)\w* (?:pas|plus|jamais)|trop ch(?:er|ère)s?|de la merde|plus jamais"),
        (CALM, r"bons? (?:de commande|d['’]achat|de réduction)|contentieux|bonjour|bonsoir|bonne (?:journée|soirée)"),
        (GOOD, r"pas mal(?: du tout)?|sans problème|aucun problème"),
    ),
    "es": (
        (BAD, r"no (?:funciona|ha llegado|llegó|he recibido|recibí|sirve)|(?:una|de) mierda|muy caro|nunca más"),
        (CALM, r"buenos aires|buen(?:os|as) (?:días|tardes|noches)|(?:más|la|esta|muy) tarde|rotonda\w*|rotulador\w*"),
        (GOOD, r"sin problemas?|ningún problema"),
    ),
    "it": (
        (BAD, r"non (?:funziona|è arrivat[oa]|ho ricevuto|va)|una? merda|troppo caro|mai più"),
        (CALM, r"buon[oi] (?:sconto|regalo)|buon(?:giorno|asera)|buon (?:giorno|pomeriggio)|buona (?:sera|giornata)"
               r"|più tardi"),
        (GOOD, r"nessun problema|senza problemi"),
    ),
    "pt": (
        (BAD, r"não (?:funciona|gostei|chegou|recebi)|uma merda|muito caro|nunca mais"),
        (CALM, r"boa (?:tarde|noite)|bom dia|(?:mais|à|da|de|esta) tarde"),
        (GOOD, r"sem problemas?|nenhum problema"),
    ),
}  # fmt: skip
PHRASES = {
    language: re.compile(r"(?<!\w)(?:" + "|".join(f"(?P<{word}>{said})" for word, said in rows) + r")(?!\w)", re.I)
    for language, rows in {"en": _ENGLISH, **_OTHERS}.items()
}


def phrases_as_words(text: str, language: str) -> str:
    """The text with the phrases of a language as words of `LEXICON`."""
    phrases = PHRASES.get(language)
    return text if phrases is None else phrases.sub(lambda match: f" {match.lastgroup} ", text)
