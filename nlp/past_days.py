"""PastDays: whether the words around a day say that it is over: since Monday, I ordered it on 20 November."""

import re

LOOKED_AT = 80
"""Characters before a day that are looked at, as far as its sentence goes."""

SINCE = re.compile(
    r"(?:\bsince|\bseit(?: dem| letztem)?|\bdepuis(?: le)?|\bdesde(?: el| o| a)?|\bdal(?:la|lo)?|\bdall['’]"
    r"|\bsinds)[ ]{1,2}\Z",
    re.IGNORECASE,
)
_GATHERING = "(?:class|event|course|session|workshop|webinar|race|lesson|tour|talk|seminar|party|meeting|conference)"
_over = (
    r"(?:ordered|bought|purchased|paid|charged|debited|withdrawn|arrived|came|received|happened|placed|posted"
    r"|shipped|sent|delivered|returned|broke|stopped|called|rang|spoke|visited|missed|dated|invoice[ds]?"
    r"|failed|declined|rejected|lost|crashed|withdrew|took|(?<!is )(?<!are )(?<!['’]s )(?<!all )taken|renewed|ended"
    rf"|expired|joined|(?:signed up|registered)(?! for (?:\w+ ){{1,3}}{_GATHERING}\b)"
    r"|refunded|deducted|e-?mailed|texted|messaged|phoned|complained|reported|topped up|transferred|dispatched|landed"
    r"|flew|stayed|spent|wrote|got (?:charged|billed)"
    r"|(?:(?<=\bi )|(?<=\bwe )|(?<=he )|(?<=only )|(?<=just )|(?<=finally ))got it(?![ ]?[,;])"
    r"|(?:was|were) (?:in|out|here|there|at|home)"
    r"|went (?:down|missing|wrong)"
    r"|was (?:\w+ ){0,2}(?:late|delayed|down|closed)"
    r"|bestellt|gekauft|bezahlt|angekommen|erhalten|bekommen|geliefert|abgebucht|verschickt"
    r"|commandé|acheté|payé|reçu|arrivé|livré|débité|envoyé|compré|pedí|pagué|recibí|llegó|cobraron|encargué"
    r"|besteld|gekocht|betaald|ontvangen|gekregen|geleverd|afgeschreven|verstuurd"
    r"|ordinato|comprato|pagato|ricevuto|arrivato|addebitato|comprei|paguei|recebi|chegou|encomendei|cobraram)"
)
OVER = re.compile(rf"\b{_over}\b", re.IGNORECASE)
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

SHOULD_HAVE = re.compile(
    r"\bshould(?:['’]?ve|[ ]have|[ ]of)[ ](?:been|come|gone|had|got|left|\w{2,12}ed)\b", re.IGNORECASE
)
NOT_YET = re.compile(
    r"[,;][ ](?:(?:so|and|then|just)[ ])?(?:call|ring|phone|text|e-?mail|message|contact|deliver|send|come|start|book"
    r"|collect|bring|meet|make|try)\b"
    r"|\b(?:how about|what about|see (?:you|ya|u)|will|won['’]?t|can|could|would|should|shall|may|might|must|want"
    r"|need|like|please|if|be|being|get|getting|hoping|going|have to|has to|supposed|due|expected|wird"
    r"|werden|soll|kann|will|möchte|bitte|sera|pourra|veux|voudrais|peut|será|puede|quiero|quisiera|favor"
    r"|zal|kan|kunnen|moet|wil|graag|wordt|sarà|può|vorrei|pode|quero|queria)\b|['’]ll\b",
    re.IGNORECASE,
)
"""What is wished, or bidden after something that is over: it ended, call me on Monday."""

ENDS = re.compile(r"(?<!\d)[.!?](?=\s)|\n")

OPENS = re.compile(
    r"(?:\W|\d|\b(?:hi|hello|hey|so|and|but|also|then|first|ok|sorry|back|on|at|the|am|hallo|und|le|el|il|no|na|em|op"
    r"|bonjour|hola|ciao|ol[aá])\b)*\Z",
    re.IGNORECASE,
)
_figures = r"\d[\d:./-]{0,9}(?:st|nd|rd|th|am|pm|h\d{0,2})?\.?"
_said_with = (
    "(?:on|at|the|of|in|last|this|around|about|um|uhr|le|de|del|di|do|dia|el|il|às|a|las|alle|à|om|uur|morning|afternoon"
    "|evening|night)"
)
_teller = (
    r"(?:i|we|you|u|they|he|she|it|my|our|your|ur|the|a|an|this|that|someone|somebody|nobody|no|habe?|haben|hat|wurden?"
    r"|war(?:en)?|ist|sind|j|nous|on|vous|mon|ma|me|nos|mi|ho|abbiamo|hanno|eu|meu|minha|heb|hebben|heeft|werd(?:en)?)"
)
_still = r"(?!(?:am|is|are|gets?|have (?:an?|the|my|our))\b)"
"""What is no more told of a day that is over: on Monday I am moving and ordered boxes, on Friday my rent is paid."""

_named = (
    "(?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|die|mit|don|sam|son|mär|mai|okt|dez"
    "|lun|mer|jeu|ven|dim|fév|fev|avr|jui|aoû|déc|mié|jue|vie|sáb|sab|dom|ene|abr|ago|dic|gio|gen|mag|giu|lug|set|ott"
    r"|seg|ter|qua|qui|sex|out|maa|din|woe|vri|zat|zon|mei|mrt)[^\W\d_]{0,8}"
)
"""How weekdays and months begin."""

TOLD_BEHIND = re.compile(
    rf"(?:(?:{_said_with}|{_figures}|{_named})[ ,]{{1,2}}){{1,7}}?"
    rf"(?P<told>(?:{_teller}\b['’ ]{{1,2}}(?:{_still}[\w€£$]+(?:[.,]\d+)*[ ]){{0,5}}?)?{_over})\b",
    re.IGNORECASE,
)
"""On 20 November I ordered it; am 3. November habe ich bezahlt."""

HAVING = re.compile(r"\b(?:habe?|haben|hat|wurden?|heb|hebben|heeft|werd(?:en)?)\b[^.!?\n]{0,60}\Z", re.IGNORECASE)
DONE_BEHIND = re.compile(rf"[^!?\n]{{2,60}}?\b{_over}\b", re.IGNORECASE)
"""What German and Dutch put around a day: wurden am 3. November abgebucht."""


def is_over(text: str, start: int) -> bool:
    """Whether a day that begins at `start` lies behind the writer, by the words before it."""
    before = ENDS.split(text[max(0, start - LOOKED_AT) : start])[-1]
    if SINCE.search(before) or SHOULD_HAVE.search(before) or (PAPERS.search(before) and not MOVED.search(before)):
        return True
    if NOT_YET.search(before):
        return False
    return OVER.search(before) is not None or _is_told_behind(text, start, before)


def _is_told_behind(text: str, start: int, before: str) -> bool:
    """Whether the words behind a day say that it is over, where it begins its sentence or stands within the verb."""
    if OPENS.fullmatch(before):
        match = TOLD_BEHIND.match(text, start, start + LOOKED_AT)
        return match is not None and not NOT_YET.search(match["told"])
    return HAVING.search(before) is not None and DONE_BEHIND.match(text, start, start + LOOKED_AT) is not None
