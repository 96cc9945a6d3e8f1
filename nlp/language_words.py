"""LanguageWords: what people begin with, or say alone, that belongs to one language among a few: hola, oui, hilfe."""

from functools import lru_cache

ALONE = {
    "de": "hallo servus moin grüezi tschüss danke dankeschön bitte ja nein doch hilfe guten gute grüß gruß genau"
          " bestellung lieferung paket rechnung abbrechen stornieren kündigen zurück mitarbeiter richtig falsch",
    "en": "hello thanks thank please yes yeah yep help cheers good morning evening order delivery parcel cancel"
          " refund back goodbye right wrong",
    "es": "hola buenas buenos gracias sí vale ayuda adiós pedido envío paquete factura cancelar volver correcto"
          " ola",
    "fr": "salut bonjour bonsoir coucou merci oui non aide aidez ouais commande livraison colis facture annuler"
          " conseiller svp",
    "it": "ciao salve buongiorno buonasera buona grazie prego sì aiuto arrivederci ordine consegna pacco fattura"
          " annullare annulla indietro operatore giusto non",
    "nl": "hallo hoi goedemorgen goedemiddag goedenavond dankjewel bedankt alsjeblieft ja nee hulp bestelling pakket",
    "pl": "cześć dzień dobry witam dziękuję proszę tak nie pomoc zamówienie paczka",
    "pt": "olá oi bom boa obrigado obrigada sim não ajuda tchau pedido entrega encomenda fatura cancelar voltar"
          " atendente ola",
    "sv": "hej hejsan tack ja nej hjälp beställning paket tjena",
    "tr": "merhaba selam teşekkürler evet hayır yardım sipariş",
}  # fmt: skip
MAX_WORDS = 3
"""A text of more words says enough by its small words and letters."""


@lru_cache(maxsize=1)
def _languages() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for language, words in ALONE.items():
        for word in words.split():
            found.setdefault(word, set()).add(language)
    return {word: frozenset(languages) for word, languages in found.items()}


def said_in(words: list[str], among: list[str]) -> str:
    """The only one of some languages that these few words, in small letters, belong to; empty if there is none."""
    if not 0 < len(words) <= MAX_WORDS:
        return ""
    named = [known.intersection(among) for word in words if (known := _languages().get(word))]
    own = {next(iter(languages)) for languages in named if len(languages) == 1}
    return own.pop() if len(own) == 1 else ""
