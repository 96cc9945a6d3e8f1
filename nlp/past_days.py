"""PastDays: whether the words before a day say that it is over: since Monday, I ordered it on 20 November."""

import re

LOOKED_AT = 80
"""Characters before a day that are looked at, as far as its sentence goes."""

SINCE = re.compile(
    r"(?:\bsince|\bseit(?: dem| letztem)?|\bdepuis(?: le)?|\bdesde(?: el| o| a)?|\bdal(?:la|lo)?|\bdall['’]"
    r"|\bsinds)[ ]{1,2}\Z",
    re.IGNORECASE,
)
OVER = re.compile(
    r"\b(?:ordered|bought|purchased|paid|charged|debited|withdrawn|arrived|came|received|happened|placed|posted"
    r"|shipped|sent|delivered|returned|broke|stopped|called|rang|spoke|visited|missed|dated|invoice[ds]?"
    r"|failed|declined|rejected|lost|crashed|withdrew|went (?:down|missing|wrong)"
    r"|was (?:\w+ ){0,2}(?:late|delayed|down|closed)"
    r"|bestellt|gekauft|bezahlt|angekommen|erhalten|bekommen|geliefert|abgebucht|verschickt"
    r"|commandé|acheté|payé|reçu|arrivé|livré|débité|envoyé|compré|pedí|pagué|recibí|llegó|cobraron|encargué"
    r"|besteld|gekocht|betaald|ontvangen|gekregen|geleverd|afgeschreven|verstuurd"
    r"|ordinato|comprato|pagato|ricevuto|arrivato|addebitato|comprei|paguei|recebi|chegou|encomendei|cobraram)\b",
    re.IGNORECASE,
)
_number = r"(?:[ ](?:no\.?|number|nr\.?|nummer|#)?[ ]?#?[\w-]{0,20}\d[\w-]{0,20})?"
PAPERS = re.compile(
    rf"\b(?:(?:order|purchase|invoice|bill|receipt|statement|charge|transaction|letter|e-?mail)s?{_number}[ ]"
    r"(?:from|of|dated)(?:[ ]the)?"
    rf"|(?:bestellung|rechnung|quittung|auftrag|abbuchung|überweisung|kontoauszug|brief|e?-?mail){_number}[ ]vom"
    rf"|(?:commande|facture|achat|reçu|relevé|virement|courrier|e?-?mail){_number}[ ]du"
    rf"|(?:pedido|compra|factura|recibo|cargo|extracto|correo|fatura|encomenda|cobrança){_number}"
    r"[ ]d(?:el|e|o)(?:[ ]dia)?"
    rf"|(?:bestelling|factuur|rekening|bon|afschrijving|brief|e?-?mail){_number}[ ]van(?:[ ]de)?"
    rf"|(?:ordine|acquisto|fattura|ricevuta|bolletta|addebito|bonifico){_number}[ ]del)[ ]\Z",
    re.IGNORECASE,
)
"""What has the date on which it was made: my order from 3 November."""

MOVED = re.compile(
    r"\b(?:move|change|reschedule|postpone|shift|verschieb\w*|verleg\w*|déplacer|reporter|cambiar|mover|aplazar"
    r"|spostare|cambiare|mudar|adiar)\b",
    re.IGNORECASE,
)
"""What is to be on another day may be still to come."""

NOT_YET = re.compile(
    r"\b(?:will|won['’]?t|can|could|would|should|shall|may|might|must|want|need|like|please|if|be|get|have to|has to"
    r"|supposed|due|expected|wird|werden|soll|kann|will|möchte|bitte|sera|pourra|veux|voudrais|peut|será|puede|quiero"
    r"|quisiera|favor|zal|kan|kunnen|moet|wil|graag|wordt|sarà|può|vorrei|pode|quero|queria)\b|['’]ll\b",
    re.IGNORECASE,
)
ENDS = re.compile(r"(?<!\d)[.!?](?=\s)|\n")


def is_over(text: str, start: int) -> bool:
    """Whether a day that begins at `start` lies behind the writer, by the words before it."""
    before = ENDS.split(text[max(0, start - LOOKED_AT) : start])[-1]
    if SINCE.search(before) or (PAPERS.search(before) and not MOVED.search(before)):
        return True
    return OVER.search(before) is not None and not NOT_YET.search(before)
