"""PastDays: whether the words before a day say that it is over: since Monday, I ordered it on 20 November."""

import re

LOOKED_AT = 80
"""Characters before a day that are looked at, as far as its sentence goes."""

SINCE = re.compile(
    r"(?:\bsince|\bseit(?: dem| letztem)?|\bdepuis(?: le)?|\bdesde(?: el| o| a)?|\bdal(?:la|lo)?|\bdall['’])[ ]{1,2}\Z",
    re.IGNORECASE,
)
OVER = re.compile(
    r"\b(?:ordered|bought|purchased|paid|charged|debited|withdrawn|arrived|came|received|happened|placed|posted"
    r"|shipped|sent|delivered|returned|broke|stopped|called|rang|spoke|visited|missed|dated|invoice[ds]?"
    r"|bestellt|gekauft|bezahlt|angekommen|erhalten|bekommen|geliefert|abgebucht|verschickt"
    r"|commandé|acheté|payé|reçu|arrivé|livré|débité|envoyé|compré|pedí|pagué|recibí|llegó|cobraron|encargué"
    r"|ordinato|comprato|pagato|ricevuto|arrivato|addebitato|comprei|paguei|recebi|chegou|encomendei|cobraram)\b",
    re.IGNORECASE,
)
NOT_YET = re.compile(
    r"\b(?:will|won['’]?t|can|could|would|should|shall|may|might|must|want|need|like|please|if|be|get|have to|has to"
    r"|supposed|due|expected|wird|werden|soll|kann|will|möchte|bitte|sera|pourra|veux|voudrais|peut|será|puede|quiero"
    r"|quisiera|favor|sarà|può|vorrei|pode|quero|queria)\b|['’]ll\b",
    re.IGNORECASE,
)
ENDS = re.compile(r"(?<!\d)[.!?](?=\s)|\n")


def is_over(text: str, start: int) -> bool:
    """Whether a day that begins at `start` lies behind the writer, by the words before it."""
    before = ENDS.split(text[max(0, start - LOOKED_AT) : start])[-1]
    if SINCE.search(before):
        return True
    return OVER.search(before) is not None and not NOT_YET.search(before)
