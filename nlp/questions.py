"""Questions: what kind of question a text holds, if any, by how its sentences begin and end."""

import re
from itertools import pairwise

QUESTION_WORDS = ("what", "when", "where", "which", "who", "whom", "whose", "why", "how")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


AUXILIARIES = _words(
    "am is are was were do does did have has had can could will would shall should may might must cannot"
)
BE, HAVE = _words("am is are was were"), _words("have has had")
SHORT_AUXILIARY = re.compile(r"(is|are|was|were|do|does|did|have|has|had|ca|could|wo|would|should|must)n['’]?t")
LEADS = _words("and but so or then also please hi hello hey ok okay well excuse me sorry now")
SUBJECTS = _words(
    "i you he she it we they this that these those there the a an my your his her its our their any anyone anybody"
    " anything some someone somebody something everyone everybody everything all both each every no nobody nothing"
)
STATED = _words(
    "not never very so really quite too just still always also already only absolutely totally completely extremely"
    " super pretty more good great bad terrible awful horrible nice fine lovely amazing excellent brilliant poor happy"
    " unhappy sad sorry late broken wrong right ok okay looking waiting hoping trying going wondering thinking told"
    " sent given supposed unable able about sure glad missing"
)
"""Where one of these follows a form of to be, the subject was left out: was very good."""

HAD = _words(
    "a an been not no nice fun good great never already just tried to got had ordered received some lots problems"
    " trouble issues heard seen come gone sent bought paid lost found given made left waited still"
)
"""The same behind have: have been waiting, have a nice day."""

DONE = _words(
    "not never be have do does like love prefer appreciate hate call try take wait check let get go come pay send buy"
    " need want see say tell recommend ask give keep make use return think know leave stay speak contact confirm be"
    " definitely certainly probably gladly happily also just still log find understand believe help"
)
"""The same behind can, will, would and so on: would like to, will call later."""

PREPOSITIONS = _words("to for in from since at on by with until till of about under through")
"""At what time, since when: they stand before a question word."""

TOLD = _words(
    "know knows knew tell tells told ask asks asked see sure wonder wondering understand say says said show explain is"
    " was remember check idea matter about depends depending"
)
"""Behind one of these a question is told, and not asked: I know what is the matter."""

WITHIN = _words("what when where why how")
"""Those that ask in the middle of a sentence: who and which go on with it."""

PERSONS = _words("i you he she it we they")
ASKED_ABOUT = SUBJECTS - {"a", "an"}
THOUGHT = _words("think reckon suppose guess recommend suggest say")
ONE_THING = _words("it this that them")
AGAIN = _words("again it this that more another one from soon later something")
MORE_OF_HOW = _words(
    "about come do does did is are was were am can could will would should shall may might must have has had i you he"
    " to she it we they the a an my your our their this that these those many much long far old often soon late early"
    " big tall high heavy fast quickly well hard easy safe"
)
CLAUSE = _words("i you he she it we they the a an my your our their this that these those there")

ASKED = {
    "de": "wann:when wo:where wohin:where woher:where was:what wer:who wen:whom wem:whom wessen:whose warum:why"
          " wieso:why weshalb:why wozu:why wie:how wieviel:how wieviele:how welche:which welcher:which welches:which"
          " welchen:which welchem:which womit:how wofür:what worum:what",
    "fr": "quand:when où:where pourquoi:why comment:how combien:how qui:who que:what qu:what quoi:what quel:which"
          " quelle:which quels:which quelles:which lequel:which laquelle:which",
    "es": "cuándo:when dónde:where adónde:where qué:what quién:who quiénes:who cómo:how cuánto:how cuánta:how"
          " cuántos:how cuántas:how cuál:which cuáles:which donde:where cuanto:how cuantos:how quien:who cual:which",
    "it": "quando:when dove:where dov:where perché:why perche:why come:how com:how cosa:what cos:what che:what chi:who"
          " quanto:how quanta:how quanti:how quante:how quale:which quali:which qual:which",
    "pt": "quando:when onde:where aonde:where porque:why porquê:why como:how quem:who que:what quê:what qual:which"
          " quais:which quanto:how quanta:how quantos:how quantas:how cadê:where cade:where",
    "nl": "wanneer:when waar:where waarheen:where wat:what wie:who waarom:why hoe:how hoeveel:how hoelang:how"
          " welke:which welk:which waarmee:what waarvoor:what waarover:what waaraan:what",
}  # fmt: skip
"""What a question begins with in other languages, and which of ours it is."""

ASKED_OF = {
    language: {left: right for left, _, right in (row.partition(":") for row in words.split())}
    for language, words in ASKED.items()
}
SAME = {word: word for word in QUESTION_WORDS}
WITH_MARK = {"es": {"cuando": "when", "como": "how", "que": "what"}}
"""The same, which without a question mark are mostly something else."""

BEFORE = {
    "de": "und aber oder also bitte hallo hi hey ok entschuldigung bis seit ab an auf für mit von in um zu",
    "fr": "et mais ou alors bonjour salut ok à de d pour depuis jusqu avec dans en",
    "es": "y pero o hola ok por a de para desde hasta con en",
    "it": "e ma o ciao allora ok per a da di con in",
    "pt": "e mas ou olá oi ok por a de para desde até com em o",
    "nl": "en maar of dus ook hallo hoi hey ok sorry beste tot sinds vanaf op voor met van in om naar",
}
BEFORE_OF = {language: _words(words) for language, words in BEFORE.items()}
GERMAN_VERBS = _words(
    "ist sind war waren bin bist seid kann kannst könnt können könnte könnten könntest hat haben habt habe hast hatte"
    " hatten wird werden werdet wurde wurden darf dürfen muss müssen müsst soll sollen will wollen möchten möchtet gibt"
    " kommt kommen liefert liefern macht machen geht gehen nehmt akzeptiert bietet"
    " hätten hättest würden würdest wäre wären dürfte dürften bekomme bekommen brauche braucht"
)
GERMAN_SUBJECTS = _words(
    "ich du er sie es wir ihr man das der die ein eine mein meine meinen dein deine ihre unser unsere euer eure diese"
    " dieser dieses jemand"
)
DUTCH_VERBS = _words(
    "is zijn kunnen kunt kun mag mogen moeten willen wilt wordt worden gaat gaan komt komen levert leveren doet doen"
    " zou zouden zal zullen werkt werken krijgen neemt nemen accepteert accepteren hebben hebt heeft bent waren hadden"
)
DUTCH_FIRST_PERSON = _words("kan moet was had")
DUTCH_SHORT_VERBS = _words("heb ben wil ga krijg kom")
DUTCH_SHORT_SUBJECTS = _words("ik je jij u")
DUTCH_PRONOUNS = _words("ik je jij u jullie hij zij ze we wij het er iemand")
DUTCH_SUBJECTS = DUTCH_PRONOUNS | _words("de een dit dat deze die mijn onze ons jouw uw")
""" "Heb een vraag" and "heb het niet" have left out their ik, and "heb je een vraag" asks."""

CALLS_OUT = _words("che que qué quel quelle wat hoe")
EXCLAIMED = _words(
    "schifo merda vergogna peccato delusione disastro bello bella brutto mierda vergüenza asco pena lástima desastre"
    " bien bueno guay vergonha absurdo droga horror bom ótimo legal dommage horreur honte bonheur een mij dan eerder"
)
"""Behind them these call out or say no more than "anyway", and do not ask."""

ASKS_FIRST = {
    "es": r"(?:(?:me|nos|te|le|os|lo|la|se) )?(?:puedo|podemos|puedes|pod[eé]is|pueden|puede|podr[ií]a[ns]?"
          r"|podr[ií]ais) (?!que\b|ser\Z)\w|(?:tienen|ten[eé]is|tienes) (?!que\b|raz[oó]n)\w"
          r"|hay (?:alguien|alg[uú]n|alguna|forma|manera|posibilidad)\b|es posible\b"
          r"|(?:abren|abr[ií]s|aceptan|acept[aá]is|env[ií]an|envi[aá]is|venden|vend[eé]is|hacen|hac[eé]is) (?!que\b)\w"
          r"|est[aá](?:n|is) (?:abiertos|disponibles|abiertas)",
    "it": r"(?:(?:mi|ci|ti|si|lo|la) )?(?:posso|possiamo|potete|puoi|pu[oò]|possono|potrei|potrest[ei]|potrebbe)"
          r" (?!che\b|darsi\b|essere\Z)\w|avete (?!ragione|che\b|\w+(?:[aiu]to|tto|rso|sto|sso)\b)\w"
          r"|c è (?:qualcuno|modo|un modo|possibilità|qualche)\b"
          r"|è (?:possibile|disponibile|ancora disponibile)\b|siete (?:aperti|chiusi|disponibili"
          r"|ancora)\b|(?:spedite|accettate|vendete|consegnate|fate) (?!schifo|pena|pietà|presto|qualcosa)\w",
    "pt": r"(?:(?:me|nos|se) )?(?:posso|podemos|podem|poderiam?|pode me) (?!que\b)\w|tem (?:como|algu[eé]m|alguma?"
          r"|jeito|previsão)\b|d[aá] (?:para|pra)\b|é possível\b|voc[eê]s (?:t[eê]m|abrem|fazem|entregam|aceitam|vendem"
          r"|podem|enviam|trabalham|poderiam)\b",
    "fr": r"(?:c est|cest) (?P<asked>quand(?! m[êe]me)|où|combien)\b",
}  # fmt: skip
"""How a question without a mark begins where nothing but the voice makes one of a statement: what is rarely stated."""

RATED = re.compile(
    r"\b(?:p[eé]ss?im|horr[ií]|terr[ií]b|excelen|eccellen|[oó]t?tim[aio]|fant[aá]stic|incre[ií]b|incr[ií]ve|maravil"
    r"|meravigl|basura|spazzatura|lixo|muy (?:buen|mal)|cagare)"
)
""" "Tienen un servicio pésimo" blames, "tienen un teléfono" can ask."""

ASKS_FIRST_OF = {language: re.compile(said) for language, said in ASKS_FIRST.items()}
INVERTED = re.compile(r"[^\W\d_]{1,30}-(?:t-)?(?:vous|tu|il|elle|on|je|nous|ils|elles|ce)(?![\w-])", re.IGNORECASE)
EST_CE_QUE = re.compile(r"est[- ]ce[ ]qu(?:e\b|['’])", re.IGNORECASE)
MARKS = ("?", "？", "؟")
GREEK_MARKS = (";", "\u037e")
"""A semicolon asks in Greek."""

SENTENCE = re.compile(r"(?<=[.!?？؟\n])\s+|(?<=[\u0370-\u03ff\u1f00-\u1fff][;\u037e])\s+|(?<=[。！？])")
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
MAX_WORDS = 40
FEW_WORDS, SHORT_QUESTION = 5, 2


def question(text: str, language: str = "en") -> tuple[str, str]:
    """What kind of question a text holds (`yes/no`, `how`, `where`, ... or `none`), and how that was told."""
    marks = (*MARKS, *GREEK_MARKS) if language == "el" else MARKS
    for sentence in SENTENCE.split(text):
        words = [word.lower().replace("’", "'") for word in WORD.findall(sentence)[:MAX_WORDS]]
        marked = sentence.rstrip().endswith(marks) or sentence.lstrip().startswith("¿")
        read = _foreign if language in ASKED_OF else _english
        if found := read(sentence, words, language, marked=marked):
            return found
    return "none", "none"


def _foreign(sentence: str, words: list[str], language: str, *, marked: bool) -> tuple[str, str] | None:
    asked = SAME | ASKED_OF[language] | (WITH_MARK.get(language, {}) if marked else {})
    stated = not marked and sentence.rstrip().endswith("!") and len(words) <= FEW_WORDS
    words = [part for word in words for part in word.split("'")]
    if language == "fr" and (match := EST_CE_QUE.search(sentence)):
        before = [asked[word] for word in WORD.findall(sentence[: match.start()].lower()) if word in asked]
        return (before[0], "question word") if before else ("yes/no", "auxiliary verb first")
    before_them = BEFORE_OF[language]
    begin = next((at for at, word in enumerate(words) if word not in before_them), 0)
    first = words[begin : begin + 2]
    if len(first) > 1 and first[1] in EXCLAIMED and first[0] in CALLS_OUT and not marked:
        return None
    if first and first[0] in asked and not stated:
        kind = asked[first[0]]
        if language in ("es", "pt") and kind == "what" and begin and words[begin - 1] in ("por", "para"):
            kind = "why"
        if not (kind == "when" and not marked and _is_clause(sentence, first, language)):
            return kind, "question word"
    if marked or _verb_first(sentence, first, language):
        kind = next((asked[word] for word in words if word in asked), "yes/no") if marked else "yes/no"
        return kind, "question mark" if marked else "auxiliary verb first"
    asks_first = ASKS_FIRST_OF.get(language)
    said = " ".join(words[begin:])
    if asks_first and not stated and (match := asks_first.match(said)) and not RATED.search(said):
        kind = asked.get(match.groupdict().get("asked") or "", "yes/no")
        return kind, "auxiliary verb first"
    return None


CLAUSE_SUBJECTS = {"fr": _words("je j on nous il"), "nl": _words("ik je jij u jullie hij ze we wij het")}
"""In French and Dutch, a question has its verb before them."""


def _is_clause(sentence: str, first: list[str], language: str) -> bool:
    """Whether a "when" begins no question, but says when something was: Quand je suis rentré, ..."""
    subjects = CLAUSE_SUBJECTS.get(language)
    return "," in sentence or (subjects is not None and len(first) > 1 and first[1] in subjects)


def _verb_first(sentence: str, first: list[str], language: str) -> bool:
    if language == "fr":
        return INVERTED.match(sentence.strip()) is not None
    if language == "nl" and len(first) > 1:
        return (first[0] in DUTCH_VERBS and first[1] in DUTCH_SUBJECTS) or (
            (first[0] in DUTCH_FIRST_PERSON and first[1] in DUTCH_PRONOUNS)
            or (first[0] in DUTCH_SHORT_VERBS and first[1] in DUTCH_SHORT_SUBJECTS)
        )
    return language == "de" and len(first) > 1 and first[0] in GERMAN_VERBS and first[1] in GERMAN_SUBJECTS


def _english(sentence: str, words: list[str], language: str, *, marked: bool) -> tuple[str, str] | None:
    while words and words[0] in LEADS:
        words = words[1:]
    if not words:
        return None
    if words[0] == "r" and words[1:2] in (["u"], ["you"]):
        words = ["are", "you", *words[2:]]
    first = re.sub(r"'(?:s|re|d|ll|ve)$", "", words[0])
    shortened = first != words[0]
    if first[:-1] in QUESTION_WORDS and first.endswith("s"):  # wheres, whats
        first, shortened = first[:-1], True
    if first in QUESTION_WORDS and (marked or shortened or not _is_no_question(sentence, first, words[1:])):
        return first, "question word"
    short = SHORT_AUXILIARY.fullmatch(first)
    if len(words) > 1 and (first in AUXILIARIES or short):
        stem = {"ca": "can", "wo": "will"}.get(short[1], short[1]) if short else first
        if marked or _has_subject(stem, words[1:], negated=bool(short)):
            return "yes/no", "auxiliary verb first"
    if marked:
        return next((word for word in words if word in QUESTION_WORDS), "yes/no"), "question mark"
    if words[0] in PREPOSITIONS and len(words) > 1 and words[1] in QUESTION_WORDS and _asks(words[1:]):
        return words[1], "question word"
    if inner := _asked_within(words):
        return inner, "question word"
    if asked := INDIRECT.match(said := " ".join(words)):
        kind = asked["asked"] or asked["known"]
        return kind if kind in QUESTION_WORDS else "yes/no", "indirect question"
    if LEFT_OUT.match(said) or REQUEST.search(sentence):
        return "yes/no", "auxiliary verb first"
    return None


INDIRECT = re.compile(
    r"(?:(?:i|we)(?:['’]?m|['’]?re|[ ]am|[ ]are|[ ]was|[ ]were)?[ ])?(?:(?:just|only|also)[ ])?wonder(?:ed|ing)?[ ]"
    r"(?P<asked>if|whether|what|when|where|which|who|whose|why|how)\b"
    r"|(?:i|we)(?:['’]d|[ ]would)?[ ](?:(?:just|also)[ ])?(?:want|need|like|love)(?:ed)?[ ]to[ ]know[ ]"
    r"(?P<known>if|whether|what|when|where|which|who|whose|why|how)\b",
    re.IGNORECASE,
)
"""I wonder if you deliver; I'd like to know when it comes."""

LEFT_OUT = re.compile(
    r"(?:you|u|ya|you[ ](?:guys|all|lot|people)|y['’]?all|they)[ ](?:got|have|sell|offer|do|accept|take"
    r"|know|stock|need)[ ]any(?:thing|one|body|where)?\b|any[ ](?:chance|news|updates?|idea|progress)\b",
    re.IGNORECASE,
)
"""An auxiliary verb that was left out: you got any deals, any news on my refund."""

REQUEST = re.compile(r",[ ](?:(?:and|but|so|please)[ ])?(?:can|could|would|will)[ ](?:you|someone|somebody)\b", re.I)
"""I never got it, can you check."""


def _asks(words: list[str]) -> bool:
    """Whether an auxiliary verb stands before its subject soon behind a question word, or nothing does."""
    behind = words[1 : 1 + FEW_WORDS]
    inverted = any(word in AUXILIARIES and then in ASKED_ABOUT for word, then in pairwise(behind))
    return inverted or (len(words) <= SHORT_QUESTION and words[0] != "which")


def _asked_within(words: list[str]) -> str:
    """The question word of a question that begins within a sentence: my order 123 when will it come."""
    for before, word, verb, subject in zip(words, words[1:], words[2:], words[3:], strict=False):
        if word in WITHIN and verb in AUXILIARIES and subject in PERSONS and before not in TOLD:
            return word
    return ""


def _is_no_question(sentence: str, first: str, rest: list[str]) -> bool:
    """Whether a sentence that begins with a question word is an exclamation, or says when something was, or what is."""
    if first == "when":
        return bool(rest) and rest[0] in CLAUSE
    if rest[:1] == ["happened"] or (rest and rest[0] in PERSONS):
        return _tells_what(rest)
    if first == "what":
        return rest[:1] in (["a"], ["an"])
    if first == "how" and rest and rest[0] not in MORE_OF_HOW:
        return rest[0] not in DONE and len(rest) < FEW_WORDS and not AUXILIARIES.intersection(rest)
    return False


def _tells_what(rest: list[str]) -> bool:
    """Whether a form of to be follows what somebody does: what I need is a refund, but not: what you think is best."""
    at = next((place for place, word in enumerate(rest) if place and word in BE and rest[place - 1] not in PERSONS), 0)
    then = rest[at + 1 : at + 2]
    return bool(at and then) and not (THOUGHT & set(rest[:at])) and then[0] not in (*QUESTION_WORDS, "if", "whether")


def _has_subject(auxiliary: str, rest: list[str], *, negated: bool) -> bool:
    """Whether what stands behind an auxiliary verb can be its subject, so that it asks, and neither tells nor bids."""
    word, then = rest[0], rest[1:]
    if word == "not" and then and auxiliary != "do":
        return then[0] in SUBJECTS
    if auxiliary in BE:
        told = word in STATED or (len(word) > 4 and word.endswith("ed")) or (auxiliary == "was" and word == "a")
        return not told and not (word.endswith("ing") and (negated or auxiliary in ("was", "were")))
    if negated:
        return word in SUBJECTS and not (auxiliary == "do" and word in ("it", "this", "that", "the", "a", "an"))
    if auxiliary in HAVE:
        told = word in HAD or (len(word) > 4 and word.endswith("ed"))
        return not told or (word in ("a", "an") and "been" in then)
    if auxiliary == "do":
        return word not in ONE_THING and word != "not"
    return not (word in DONE or (word == "order" and bool(AGAIN.intersection(then[:1]))))
