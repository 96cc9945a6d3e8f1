"""Make `nlp/language_grams.txt` anew: the letter sequences that tell languages apart, from the model of py3langid.

That model knows 100,000 sequences of bytes in 142 languages and takes 100 MB to load. What a chat needs of it is
small: the sequences of letters that say most about the languages we tell apart, each with how much more often it
stands in one than in another. `python -m bench.nlp.make_language_grams` writes the file; a test sees that it is what
the model gives.
"""

from collections import deque
from typing import Any

import numpy as np

from nlp.language_grams import FILE, GRAMS, LANGUAGES, MOST_STEPS, STEPS_PER_NAT, ZERO

MAX_BYTES = 8
NOTICE = """# Letter sequences that tell languages apart: the sequence, a tab, and a character for each language, in the
# order of language_grams.py: how many eighths of a nat rarer it is there than where it is at home, from "!" on.
# Chosen from the model of py3langid 0.4.0 by bench/nlp/make_language_grams.py. That model is under the BSD 3-Clause
# License: Copyright (c) 2021, Adrien Barbaresi; original code Copyright (c) 2011 Marco Lui <saffsd@gmail.com>. It is
# provided by the copyright holder "as is", without any warranty; see the licence for the disclaimer in full.
"""


def sequences(identifier: Any) -> dict[int, bytes]:
    """The bytes that each feature of the model stands for: the shortest way to a state that gives it."""
    found: dict[int, bytes] = {}
    ways = {0: b""}
    waiting = deque([0])
    while waiting:
        state = waiting.popleft()
        way = ways[state]
        feature = identifier.tk_output[state]
        if feature >= 0 and (feature not in found or len(way) < len(found[feature])):
            found[feature] = way
        if len(way) < MAX_BYTES:
            row = identifier.tk_row[state] << 8
            for byte in range(256):
                following = identifier.tk_nextmove[row + byte]
                if following not in ways:
                    ways[following] = way + bytes((byte,))
                    waiting.append(following)
    return found


def made() -> str:
    """The text of the file."""
    from py3langid import langid  # for developers only, and slow to load

    identifier = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE)
    columns = [list(identifier.nb_classes).index(language) for language in LANGUAGES]
    likelihoods = np.asarray(identifier.nb_ptc, dtype=np.float64)[:, columns]
    # What a sequence says on average: its frequency in each language times how far it stands out there.
    says = (np.exp(likelihoods) * (likelihoods - likelihoods.mean(axis=1, keepdims=True))).sum(axis=1)
    known = sequences(identifier)
    lines: dict[str, str] = {}
    for feature in np.argsort(-says, kind="stable"):
        try:
            gram = known[int(feature)].decode()
        except (KeyError, UnicodeDecodeError):  # a part of a letter
            continue
        if gram != gram.lower() or not gram.isprintable() or gram.startswith("#"):
            continue
        row = likelihoods[feature]
        steps = np.minimum(np.round((row.max() - row) * STEPS_PER_NAT), MOST_STEPS).astype(int)
        lines[gram] = "".join(chr(ord(ZERO) + step) for step in steps)
        if len(lines) == GRAMS:
            break
    return NOTICE + "".join(f"{gram}\t{steps}\n" for gram, steps in sorted(lines.items()))


def main() -> None:
    text = made()
    FILE.write_text(text, "utf-8")
    print(f"{FILE}: {len(text.encode())} bytes")


if __name__ == "__main__":
    main()
