"""LanguageCodes: the codes of languages, of which our rules look at the first part only: pt of pt-BR."""

import re

SHAPE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
"""Of BCP 47, in small letters, as spaCy and the rules for languages know it."""

REGION = re.compile(r"[A-Za-z]{2}")

_TWO_LETTERS = (
    "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee "
    "el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io "
    "is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn "
    "mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se "
    "sg sh si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi "
    "vo wa wo xh yi yo za zh zu"
)
TWO_LETTERS = frozenset(_TWO_LETTERS.split())
"""ISO 639-1, and sh."""

LONG_FORMS = {
    "ara": "ar", "chi": "zh", "ces": "cs", "cze": "cs", "dan": "da", "deu": "de", "dut": "nl", "ell": "el",
    "eng": "en", "fin": "fi", "fra": "fr", "fre": "fr", "ger": "de", "gre": "el", "heb": "he", "hin": "hi",
    "hun": "hu", "ind": "id", "ita": "it", "jpn": "ja", "kor": "ko", "nld": "nl", "nor": "no", "pol": "pl",
    "por": "pt", "ron": "ro", "rum": "ro", "rus": "ru", "spa": "es", "swe": "sv", "tha": "th", "tur": "tr",
    "ukr": "uk", "vie": "vi", "zho": "zh",
}  # fmt: skip
"""Codes of three letters for languages that have one of two."""

NO_LANGUAGE = frozenset({"mis", "mul", "und", "zxx"})


def base_language(code: str) -> str:
    """The language without its country or script: pt of pt-BR. What is no code stays as it is."""
    return code.partition("-")[0] if SHAPE.fullmatch(code) else code


def region_of(code: str) -> str:
    """The country that a code names: BR of pt-BR; empty where it names none."""
    parts = code.split("-")[1:] if SHAPE.fullmatch(code) else ()
    return next((part.upper() for part in parts if REGION.fullmatch(part)), "")


def fault_of(code: str) -> str:
    """What is wrong with a code; empty if it may be a language's."""
    base = base_language(code)
    if not SHAPE.fullmatch(code):
        return f"language {code!r} is no code such as en, de or pt-BR"
    if base in LONG_FORMS:
        return f"language {code!r} is written {LONG_FORMS[base]!r} here"
    if base in NO_LANGUAGE or (len(base) == 2 and base not in TWO_LETTERS):
        return f"there is no language {base!r}: write a code such as en, de or pt-BR"
    return ""
