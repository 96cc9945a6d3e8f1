"""ProfanityCategories: what kind of profanity a word is."""

import re

_KINDS = (
    (
        "slur",
        "nigg negro fag dyke kike spic chink gook coon paki tranny retard wetback towel beaner kraut japs kanake"
        " schwuchtel maric sudaca bougnoul youpin négro froci terron viado criou spast tapette homo lesbo queer gyp"
        " wigger injun guido dago honk",
    ),
    (
        "sexual",
        "fuck fick fott fotz cock dick cunt pussy tit boob jizz porn sex slut whore hure hooker blow wank wich suck"
        " dildo orgasm penis vagina clit bang horny nude naked breast erect rape bollock knob prick twat"
        " puta puto pute polla coño verga cazz figa fica minchia troia zoccola porra caralho foder fode bucet bocet"
        " bite couille enc nique niqu foutre chinga joder jod schwanz schlampe salope masturb",
    ),
    ("excretory", "shit piss crap poop turd fart scheiß scheiss kack kacke mierda merde merda bosta cagar chier ass"
                  " arse arsch culo"),
    ("religious", "god damn hell christ jesus bloody hostia dio sacre goddam"),
    ("drugs", "weed meth heroin cocaine opium crack hash dope ganja hemp stoned reefer vodka drunk bong"),
    ("violence", "kill murder rapist hitler nazi terror lynch"),
)  # fmt: skip
_PATTERNS = tuple((name, re.compile("|".join(map(re.escape, stems.split())))) for name, stems in _KINDS)
CATEGORIES = (*(name for name, _ in _KINDS), "insult")


def category_of(word: str) -> str:
    """slur, sexual, excretory, religious, drugs, violence; what is none of these insults somebody."""
    if "idiot" in word:  # which has God's Italian name in it
        return "insult"
    return next((name for name, pattern in _PATTERNS if pattern.search(word)), "insult")
