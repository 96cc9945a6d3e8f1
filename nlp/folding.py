"""Folding: a text as it is meant to be read: look-alike letters, accents and invisible signs undone."""

import unicodedata
from functools import lru_cache

LOOK_ALIKES = str.maketrans(
    "авсԁеғһіјкмнорԛгѕтуѵԝхʏαβεηικνορτυχɑɡıłøđħßƒµ₀ⅼսոօԁացцᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡᴢʃ",
    "abcdefhijkmhopqrstyvwxyabehiknoptuxagilodhsfuolunodwguabcdefghijklmnoprstuvwzs",
)
"""Letters of other alphabets, and symbols, that look like a Latin one."""

MAX_CACHED_CHARACTERS = 8_192


@lru_cache(maxsize=MAX_CACHED_CHARACTERS)
def fold_character(character: str) -> str:
    """What a character is read as: nothing for marks and invisible signs, a small Latin letter where it looks so."""
    plain = unicodedata.normalize("NFKD", character).casefold()
    kept = "".join(part for part in plain if unicodedata.category(part) not in ("Mn", "Me", "Cf"))
    return kept.translate(LOOK_ALIKES)


def fold(text: str) -> tuple[str, list[int] | None]:
    """The folded text, and for each of its characters the place in `text` (None: the same place)."""
    if text.isascii():
        return text.lower(), None
    folded: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for part in fold_character(character):
            folded.append(part)
            places.append(place)
    return "".join(folded), places
