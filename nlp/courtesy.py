"""Courtesy: the greeting before and the thanks behind what a message is about, which are in no intent's favour.

"Hello, I hope you are well, where is my order" asks what "where is my order" does, and has six words more that no
example of that intent has. What is nothing but courtesy stays as it is: it may be an intent of its own.
"""

import re

GREETINGS = {
    "en": "hi|hi there|hiya|hello|hello there|hey|hey there|good (?:morning|afternoon|evening|day)|greetings",
    "de": "hallo|hi|guten (?:tag|morgen|abend)|moin|servus|grüß gott|liebes team",
    "es": "hola|buenas|buenos días|buenas (?:tardes|noches)|muy buenas",
    "fr": "bonjour|bonsoir|salut|coucou",
    "it": "ciao|salve|buongiorno|buonasera|buon giorno|buona sera",
    "pt": "olá|oi|bom dia|boa (?:tarde|noite)",
    "nl": "hallo|hoi|goedemorgen|goedemiddag|goedenavond|goedendag",
}
OPENINGS = {
    "en": r"dear (?:team|sir|madam|sirs|sir or madam|all)|(?:hi|hello|hey) (?:team|all|guys|everyone|folks)"
    r"|(?:i )?hope (?:you(?:'re| are)|all is|this finds you)(?: doing)?(?: well| fine| good)?"
    r"|how are you(?: doing)?(?: today)?"
    r"|sorry to (?:bother|disturb) you|excuse me|(?:just )?a? ?quick (?:question|one)|i have a (?:quick )?question",
    "de": r"sehr geehrte damen und herren|ich hoffe,? (?:es geht ihnen|dir geht es|euch geht es) gut"
    r"|(?:kurze|eine) frage|entschuldigung",
    "es": r"espero que est[ée]n? bien|una pregunta|disculpe|perd[oó]n",
    "fr": r"j'espère que vous allez bien|madame,? monsieur|une question|excusez-moi",
    "it": r"spero (?:tutto bene|stiate bene)|una domanda|mi scusi|scusate",
    "pt": r"espero que (?:esteja|estejam) bem|uma pergunta|com licença|desculpe",
    "nl": r"hopelijk gaat alles goed|(?:een|korte) vraag|pardon",
}
ENDINGS = {
    "en": r"thanks(?: a lot| so much| in advance| again| very much)?"
    r"|thank you(?: so much| very much| in advance| again)?|many thanks"
    r"|thx|cheers|please|pls|asap|kind regards|best regards|regards|best wishes"
    r"|have a (?:nice|good|great) day",
    "de": r"danke(?: schön| dir| ihnen)?|vielen dank(?: im voraus)?|dankeschön|bitte|lg|mfg|viele grüße|liebe grüße"
    r"|mit freundlichen grüßen",
    "es": r"gracias|muchas gracias|mil gracias|por favor|un saludo|saludos",
    "fr": r"merci(?: beaucoup| d'avance| bien)?|s'il vous plaît|svp|cordialement",
    "it": r"grazie(?: mille| tante)?|per favore|per piacere|cordiali saluti|saluti",
    "pt": r"obrigad[oa]|muito obrigad[oa]|por favor|abraços",
    "nl": r"bedankt|dank u(?: wel)?|dank je(?: wel)?|alvast bedankt|alstublieft|groetjes",
}
MAX_LENGTH = 500
"""Longer texts are left as they are."""

MAX_ENDING_LENGTH = 60
MOST = 4
"""So many greetings, and so many thanks, are taken away."""

FEWEST_WORDS = 3
"""So many words have to follow a greeting that has no mark behind it."""

_MARK = r"\s*[,.!;:…–—-]{1,3}\s*"
_WORD = re.compile(r"\w")

# Made when the module is loaded, as a model is: a worker's first text does not wait for it.
_GREETINGS = "|".join(GREETINGS.values())
_OPENINGS = "|".join((_GREETINGS, *OPENINGS.values()))
_ENDINGS = "|".join(ENDINGS.values())
MARKED = re.compile(rf"(?:{_OPENINGS}){_MARK}(?=\S)", re.IGNORECASE)
BARE = re.compile(rf"(?:{_GREETINGS})\s+(?=\w+(?:\s+\S+){{{FEWEST_WORDS - 1}}})", re.IGNORECASE)
ENDING = re.compile(rf"(?:{_MARK}|(?<=\?)\s*)(?:{_ENDINGS})[\s.!]{{0,9}}\Z", re.IGNORECASE)


def core(text: str) -> str:
    """What a message is about: the text without courtesy at its ends, or all of it where nothing else is there."""
    if len(text) > MAX_LENGTH:
        return text
    found = text.strip()
    for _ in range(MOST):
        match = MARKED.match(found) or BARE.match(found)
        if match is None:
            break
        found = found[match.end() :]
    for _ in range(MOST):
        match = ENDING.search(found, max(0, len(found) - MAX_ENDING_LENGTH))
        if match is None:
            break
        found = found[: match.start()]
    return found if found != text and _WORD.search(found) else text
