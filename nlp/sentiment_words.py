"""SentimentWords: small lexicons for other languages than English, and how a text is rated by them.

Written by hand for what customers say of a service: some forty words a language, by stems. They tell thanks from
anger, and no more; VADER's 7,500 words are English only.
"""

import re
from typing import NamedTuple


class Words(NamedTuple):
    """Stems by score (a trailing `*` stands for any ending), words that turn the next ones round, and that stress."""

    good: str
    great: str
    bad: str
    awful: str
    negators: str
    stress: str


LANGUAGES = {
    "de": Words(
        "danke* gut* schnell* freundlich* nett* gern* zufrieden* hilfreich* prima schön* toll* klappt*",
        "super ausgezeichnet* perfekt* wunderbar* begeistert* liebe großartig* fantastisch* spitze hervorragend*",
        "schlecht* langsam* problem* fehler* defekt* kaputt* falsch* spät* verspät* ärger* enttäusch* traurig"
        " unfreundlich* beschwer* leider nervt* unzufrieden*",
        "schrecklich* furchtbar* katastroph* unverschämt* hass* wütend* betrug* betrüg* miserabel* mist scheiß*"
        " frechheit* unmöglich*",
        "nicht kein keine keinen keiner keinem nie niemals ohne", "sehr wirklich so total extrem absolut super",
    ),
    "fr": Words(
        "merci bien bon bonne rapide* gentil* content contents contente contentes satisfait* utile* sympa*"
        " aimable* agréable*",
        "super excellent* parfait* génial* adore* magnifique* formidable* fantastique*",
        "mauvais* mal lent* problème* erreur* cassé* faux retard* déçu* décevant* triste* mécontent* plainte*"
        " malheureusement",
        "horrible* affreux* catastroph* scandal* déteste* furieux furieuse arnaque* nul nulle honteux honteuse",
        "pas jamais aucun aucune sans ni rien", "très vraiment trop tellement extrêmement super",
    ),
    "es": Words(
        "gracias bien buen* rápid* amable* content* satisfech* útil* simpátic* agradable*",
        "excelente* perfect* genial* encanta* maravillos* fantástic* estupend* increíble*",
        "mal mala malo lent* problema* error* rota roto rotas rotos equivocad* retras* decepcion* triste* queja*"
        " desgraciadamente enfadad*",
        "horrible* terrible* pésim* odio fatal estafa* furios* vergüenza* asco desastre*",
        "no nunca jamás ningún ninguna sin tampoco nada", "muy realmente tan demasiado súper",
    ),
    "it": Words(
        "grazie bene buon* veloce* gentil* content* soddisfatt* utile* simpatic* piacevole*",
        "ottim* eccellente* perfett* fantastic* adoro meraviglios* stupend* splendid*",
        "male lent* problema* problemi errore errori rott* sbagliat* ritardo delus* triste* reclamo purtroppo"
        " arrabbiat*",
        "orribile* terribile* pessim* odio truffa* furios* vergogn* schifo disastr*",
        "non mai nessun nessuna senza né niente", "molto davvero così troppo",
    ),
    "pt": Words(
        "obrigad* bem bom boa rápid* gentil* content* satisfeit* útil* simpátic* agradável*",
        "excelente* perfeit* ótim* adoro maravilhos* fantástic* incrível*",
        "mal mau má ruim lent* problema* erro erros quebrad* errad* atras* decepcion* triste* reclama*"
        " infelizmente",
        "horrível terrível péssim* odeio golpe* furios* vergonha* desastre* nojo",
        "não nunca jamais nenhum nenhuma sem nem nada", "muito realmente tão demais",
    ),
}  # fmt: skip
SCORES = (1.9, 3.0, -1.9, -3.0)
TURNED, STRESSED, REACH = -0.74, 1.3, 3
NORMAL = 15
"""As in VADER: a negation turns a word round and weakens it, and scores are pressed between -1 and 1."""

MAX_WORDS = 200
_WORD = re.compile(r"[^\W\d_]+")


class Lexicon:
    """One language, ready to rate texts."""

    def __init__(self, words: Words) -> None:
        self._exact: dict[str, float] = {}
        stems: dict[str, float] = {}
        for group, score in zip(words[:4], SCORES, strict=True):
            for word in group.split():
                (stems if word.endswith("*") else self._exact)[word.rstrip("*")] = score
        self._stems = tuple(sorted(stems.items(), key=lambda row: -len(row[0])))
        self._negators, self._stress = frozenset(words.negators.split()), frozenset(words.stress.split())

    def rate(self, text: str, more: dict[str, float]) -> float | None:
        """From -1 to 1; None where not one word is known. `more` are further words with a score."""
        words = _WORD.findall(text.lower())[:MAX_WORDS] if not more else re.findall(r"\w+", text.lower())[:MAX_WORDS]
        total, known = 0.0, False
        for at, word in enumerate(words):
            score = more.get(word) or self._score(word)
            if not score:
                continue
            known = True
            following = words[at + 1] if at + 1 < len(words) else ""
            if word in self._stress and self._score(following) < 0:  # "super schlecht" is no praise
                continue
            before = words[max(0, at - REACH) : at]
            if word not in more and not self._negators.isdisjoint(before):
                score *= TURNED
            if not self._stress.isdisjoint(before):
                score *= STRESSED
            total += score
        return total / (total * total + NORMAL) ** 0.5 if known else None

    def _score(self, word: str) -> float:
        score = self._exact.get(word)
        if score is not None:
            return score
        return next((value for stem, value in self._stems if word.startswith(stem)), 0.0)
