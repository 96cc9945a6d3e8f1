"""Emoji: how they sound, for those that VADER does not know or takes at their name."""

import re

SCORES = {
    3: "😍🥰😘🤩🥳❤💖💕💗💙💚💛🧡💜🖤🤍💯🏆",
    2: "😀😃😄😁😊🙂😉😎🤗😇👍👏🙌🙏🎉🎊✨🌟⭐💪👌✅😋🥹🤝🔥☺😌🆗🌹😻💐",
    1: "😂🤣😅😆🙃👋🤞😏",
    -1: "😕🙁😐😑🤔😬🥱🙄😒😓😥🤷🤦😶⏳",
    -2: "☹😞😟😢😭😩😫😖😣💔👎😰😨🤒😿❌⚠😔🥺",
    -3: "😠😡🤬👿💩🤮🤢🖕😤💢",
}
"""From -3, furious, to 3, delighted: what the sign says, not its name ("pouting face", "fire")."""

WORDS = {sign: f"emojisign{ord(sign):x}" for signs in SCORES.values() for sign in signs}
"""A word for each, that stands for it where only words are read."""

LEXICON = {WORDS[sign]: float(score) for score, signs in SCORES.items() for sign in signs}
_VARIANT = re.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")
_ANY = re.compile("|".join(map(re.escape, WORDS)))


def as_words(text: str) -> str:
    """The text with emoji as words of `LEXICON`; skin tones and styles do not matter."""
    if text.isascii():
        return text
    return _ANY.sub(lambda match: f" {WORDS[match.group()]} ", _VARIANT.sub("", text))
