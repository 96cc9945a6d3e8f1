"""ForeignMoments: dates and times as five languages write them, read on 2026-11-22 at 10:00 UTC, a Sunday."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.foreign_moments import LANGUAGES, find_foreign_moments
from nlp.text import MAX_TEXT_LENGTH
from tests.nlp.conftest import NOW, takes_linear_time


@pytest.mark.parametrize(
    ("language", "text", "values"),
    [
        ("de", "am 3. März 2027", ["2027-03-03"]),
        ("de", "morgen um fünf vor halb drei, um zehn nach acht", ["2026-11-23T02:25", "08:10"]),
        ("de", "in eineinhalb Stunden, vor einer Viertelstunde", ["2026-11-22T11:30", "2026-11-22T09:45"]),
        ("de", "heute in einer Woche, Montag in zwei Wochen", ["2026-11-29", "2026-12-07"]),
        ("de", "morgen in einer Woche um 10 Uhr", ["2026-11-30T10:00"]),
        ("de", "heute, in einer Woche", ["2026-11-22", "2026-11-29"]),
        ("de", "heute in zwei Stunden", ["2026-11-22", "2026-11-22T12:00"]),
        ("fr", "lundi en huit, mardi en quinze à 10h", ["2026-11-30", "2026-12-08T10:00"]),
        ("fr", "lundi en huit minutes", ["2026-11-23"]),
        ("de", "Ende der Woche, Ende nächster Woche", ["2026-11-22", "2026-11-29"]),
        ("de", "Ende nächsten Monats, Mitte letzten Monats", ["2026-12-31", "2026-10-15"]),
        ("de", "am Ende der Straße, am Wochenende", ["2026-11-22"]),
        ("fr", "à la fin du mois prochain, fin du mois", ["2026-12-31", "2026-11-30"]),
        ("fr", "début de la semaine prochaine, fin de la rue", ["2026-11-23"]),
        ("es", "a finales del mes que viene, al final de la semana", ["2026-12-31", "2026-11-22"]),
        ("it", "alla fine del mese prossimo, alla fine della settimana", ["2026-12-31", "2026-11-22"]),
        ("pt", "no fim do próximo mês, no final da semana que vem", ["2026-12-31", "2026-11-29"]),
        ("es", "mañana a las tres menos cinco", ["2026-11-23T02:55"]),
        ("es", "a las 15h, a las 15h30, a las 10 hrs, 15:30h", ["15:00", "15:30", "10:00", "15:30"]),
        ("es", "dentro de dos horas y media, hace media hora", ["2026-11-22T12:30", "2026-11-22T09:30"]),
        ("fr", "à trois heures moins cinq, à midi et demi", ["02:55", "12:30"]),
        ("fr", "dans une heure et demie, il y a un quart d'heure", ["2026-11-22T11:30", "2026-11-22T09:45"]),
        ("it", "alle tre meno cinque, fra un'ora e mezza", ["02:55", "2026-11-22T11:30"]),
        ("it", "tra le 14 e le 16, prendo le 2 e le 3 rosse", ["14:00", "16:00"]),
        ("pt", "às três menos cinco, daqui a uma hora e meia", ["02:55", "2026-11-22T11:30"]),
        (
            "de",
            "vom 3. bis 5. Dezember, am 7. oder 8. Januar",
            ["2026-12-03", "2026-12-05", "2027-01-07", "2027-01-08"],
        ),
        ("de", "Dienstagabend um 7, nächsten Freitagnachmittag um halb vier", ["2026-11-24T19:00", "2026-11-27T15:30"]),
        ("de", "nächste Woche Mittwochabend um 8", ["2026-11-25T20:00"]),
        ("fr", "du 3 au 5 décembre, 3 ou 4 articles", ["2026-12-03", "2026-12-05"]),
        ("es", "entre el 3 y el 5 de enero de 2028", ["2028-01-03", "2028-01-05"]),
        ("it", "dal 3 al 5 dicembre", ["2026-12-03", "2026-12-05"]),
        ("pt", "de 3 a 5 de dezembro", ["2026-12-03", "2026-12-05"]),
        ("de", "Freitag, den 27. November um 9 Uhr", ["2026-11-27T09:00"]),
        ("de", "Samstag 28.11. 15 Uhr, Freitag 13 Uhr", ["2026-11-28T15:00", "2026-11-27T13:00"]),
        ("de", "Freitag, der 13.", ["2027-08-13"]),
        ("de", "am 7. um 15 Uhr, am 2. Tag", ["2026-12-07T15:00"]),
        ("es", "viernes 27 de noviembre a las 10", ["2026-11-27T10:00"]),
        ("es", "sábado 28 a las 11, lunes 5 personas", ["2026-11-28T11:00", "2026-11-23"]),
        ("es", "el día 7 o el 24/12, 2 al día 3 veces", ["2026-12-07", "2026-12-24"]),
        ("es", "abierto 24/7, un 9/10, 1/2 kilo", []),
        ("fr", "vendredi 27 novembre à 10h", ["2026-11-27T10:00"]),
        ("fr", "samedi 28 à 15h ou samedi 15h", ["2026-11-28T15:00", "2026-11-28T15:00"]),
        ("fr", "le 8/10, la note 8/10", ["2027-10-08"]),
        ("it", "venerdì 27 novembre alle 9, giorno 7", ["2026-11-27T09:00", "2026-12-07"]),
        ("it", "lunedì 2 persone", ["2026-11-23"]),
        ("pt", "sexta, 27 de novembro às 10h", ["2026-11-27T10:00"]),
        ("pt", "terça dia 1, no dia 7 às 15h", ["2026-12-01", "2026-12-07T15:00"]),
        ("de", "heute um 16.30", ["2026-11-22T16:30"]),
        ("de", "seit Montag", ["2026-11-16"]),
        ("de", "bestellt am 20. November, nicht am 20. Dezember", ["2026-11-20", "2025-12-20"]),
        ("de", "am 20. November", ["2027-11-20"]),
        ("de", "im Mai, bis Ende März, seit September", ["2027-05-01", "2027-03-31", "2026-09-01"]),
        ("de", "bis zum 3. März, im Maimarkt, Mitte April 2028", ["2027-03-03", "2028-04-15"]),
        ("fr", "en mars, fin juin, depuis janvier, la fin", ["2027-03-01", "2027-06-30", "2026-01-01"]),
        ("es", "para mayo, a finales de marzo de 2028, en noviembre", ["2027-05-01", "2028-03-31", "2026-11-22"]),
        ("it", "entro maggio, inizio giugno, da gennaio", ["2027-05-01", "2027-06-01", "2026-01-01"]),
        ("de", "bis Ende des Monats, am Monatsende, Anfang dieses Monats", ["2026-11-30", "2026-11-30", "2026-11-01"]),
        ("fr", "fin du mois, après demain, avant hier", ["2026-11-30", "2026-11-24", "2026-11-20"]),
        ("fr", "entre 9 et 12 heures, de 8 à 10 h", ["09:00", "12:00", "08:00", "10:00"]),
        ("es", "a finales de mes, anoche, antes de ayer", ["2026-11-30", "2026-11-21", "2026-11-20"]),
        ("it", "entro fine mese, a metà mese", ["2026-11-30", "2026-11-15"]),
        ("pt", "no final do mês", ["2026-11-30"]),
        ("pt", "até maio, no fim de março, meados de abril", ["2027-05-01", "2027-03-31", "2027-04-15"]),
        ("de", "Können Sie die Rechnung 77 vom 3. November schicken", ["2026-11-03"]),
        ("fr", "ma commande du 3 novembre", ["2026-11-03"]),
        ("es", "el pedido 123 del 3 de noviembre", ["2026-11-03"]),
        ("it", "la fattura del 3 novembre", ["2026-11-03"]),
        ("pt", "minha compra de 3 de novembro", ["2026-11-03"]),
        ("de", "zwischen 14 und 16 Uhr", ["14:00", "16:00"]),
        ("de", "vor drei Tagen, vor einer Stunde, vor dem Essen", ["2026-11-19", "2026-11-22T09:00"]),
        ("de", "in einer halben Stunde", ["2026-11-22T10:30"]),
        ("de", "nächste Woche Mittwoch oder letzte Woche", ["2026-11-25", "2026-11-15"]),
        ("fr", "entre 14h et 16h", ["14:00", "16:00"]),
        ("fr", "depuis lundi, il y a trois jours", ["2026-11-16", "2026-11-19"]),
        ("fr", "né le 23/05/87", ["1987-05-23"]),
        ("fr", "la semaine prochaine, dans une demi-heure", ["2026-11-29", "2026-11-22T10:30"]),
        ("es", "hace dos semanas, desde el lunes", ["2026-11-08", "2026-11-16"]),
        ("es", "entre las 9 y las 11", ["09:00", "11:00"]),
        ("it", "tre giorni fa, la settimana scorsa", ["2026-11-19", "2026-11-15"]),
        ("pt", "há três dias, na próxima semana, há um problema", ["2026-11-19", "2026-11-29"]),
        ("pt", "às 16.30", ["16:30"]),
        ("de", "morgen um 17 Uhr", ["2026-11-23T17:00"]),
        ("de", "in 3 Tagen", ["2026-11-25"]),
        ("de", "übermorgen um 9 Uhr 30", ["2026-11-24T09:30"]),
        ("de", "nächsten Freitag", ["2026-11-27"]),
        ("de", "am 24.12. bitte", ["2026-12-24"]),
        ("de", "kann ich jetzt bestellen", []),
        ("fr", "le 14 juillet", ["2027-07-14"]),
        ("fr", "demain à 17h30", ["2026-11-23T17:30"]),
        ("fr", "dans 2 semaines", ["2026-12-06"]),
        ("fr", "est-ce que je peux commander maintenant", []),
        ("es", "el 3 de marzo de 2027", ["2027-03-03"]),
        ("es", "pasado mañana", ["2026-11-24"]),
        ("es", "el lunes a las 5", ["2026-11-23T05:00"]),
        ("es", "puedo pedir ahora", []),
        ("it", "il 25 dicembre", ["2026-12-25"]),
        ("it", "tra 3 giorni", ["2026-11-25"]),
        ("it", "ieri alle 18:30", ["2026-11-21T18:30"]),
        ("pt", "depois de amanhã", ["2026-11-24"]),
        ("pt", "sexta-feira às 14h", ["2026-11-27T14:00"]),
        ("pt", "31 de fevereiro", []),
        ("de", "um halb sechs oder viertel vor zwölf", ["05:30", "11:45"]),
        ("de", "um acht Uhr abends, um 5 Uhr nachmittags", ["20:00", "17:00"]),
        ("de", "morgen Abend um 8 Uhr", ["2026-11-23T20:00"]),
        ("de", "morgen früh um sieben Uhr dreißig", ["2026-11-23T07:30"]),
        ("de", "um acht", ["08:00"]),
        ("de", "um acht Prozent, um 5 Euro", []),
        ("de", "um 25 Uhr", []),
        ("de", "ab 5 bitte, bis 10 für alle", []),
        ("it", "per le 3 pizze", []),
        ("it", "entro le 3, dopo le 5 e mezza", ["03:00", "05:30"]),
        ("pt", "o preço das 20 camisetas", []),
        ("pt", "das 9 às 18h", ["09:00", "18:00"]),
        ("de", "um 18.30 Uhr", ["18:30"]),
        ("de", "guten Morgen, am Morgen", []),
        ("de", "heute Morgen", ["2026-11-22"]),
        ("de", "letzten Freitag, nächsten Sonntag", ["2026-11-20", "2026-11-29"]),
        ("de", "uebermorgen, in zwei Wochen", ["2026-11-24", "2026-12-06"]),
        ("de", "in einer Stunde", ["2026-11-22T11:00"]),
        ("de", "am ersten Januar", ["2027-01-01"]),
        ("fr", "lundi dernier, le 2 fevrier", ["2026-11-16", "2027-02-02"]),
        ("fr", "vendredi prochain à cinq heures et demie", ["2026-11-27T05:30"]),
        ("fr", "le premier janvier, apres-demain", ["2027-01-01", "2026-11-24"]),
        ("es", "el lunes pasado", ["2026-11-16"]),
        ("es", "el lunes por la mañana", ["2026-11-23"]),
        ("es", "por la mañana", []),
        ("es", "el sabado a las 20:00, manana", ["2026-11-28T20:00", "2026-11-23"]),
        ("it", "lunedì scorso, lunedi", ["2026-11-16", "2026-11-23"]),
        ("it", "tra due settimane", ["2026-12-06"]),
        ("pt", "na segunda-feira passada", ["2026-11-16"]),
        ("pt", "na segunda vez", []),
        ("pt", "na segunda à tarde, terca-feira", ["2026-11-23", "2026-11-24"]),
        ("pt", "amanha as 20h, as 20 camisetas", ["2026-11-23T20:00"]),
        ("fr", "à cinq heures et demie", ["05:30"]),
        ("fr", "ce soir à huit heures", ["2026-11-22T20:00"]),
        ("fr", "à neuf heures moins le quart, à huit heures vingt", ["08:45", "08:20"]),
        ("fr", "à midi ou minuit", ["12:00", "00:00"]),
        ("fr", "deux heures d'attente", []),
        ("es", "a las cinco y media de la tarde", ["17:30"]),
        ("es", "mañana por la tarde a las 5", ["2026-11-23T17:00"]),
        ("es", "esta noche a las nueve", ["2026-11-22T21:00"]),
        ("es", "a la una y veinte", ["01:20"]),
        ("es", "a las dos personas", []),
        ("es", "a las siete menos cuarto", ["06:45"]),
        ("it", "alle cinque e mezza", ["05:30"]),
        ("it", "stasera alle otto", ["2026-11-22T20:00"]),
        ("it", "all'una e venti", ["01:20"]),
        ("it", "alle due persone", []),
        ("it", "domani a mezzogiorno", ["2026-11-23T12:00"]),
        ("pt", "às oito da noite", ["20:00"]),
        ("pt", "às vinte e uma horas, às cinco e meia", ["21:00", "05:30"]),
        ("pt", "amanhã à noite às 8", ["2026-11-23T20:00"]),
        ("pt", "ao meio-dia", ["12:00"]),
        ("pt", "às duas pessoas", []),
        ("de", "am Wochenende oder nächstes Wochenende um 10 Uhr", ["2026-11-22", "2026-11-28T10:00"]),
        ("de", "letztes Wochenende, seit Weihnachten", ["2026-11-14", "2025-12-25"]),
        ("de", "vor Weihnachten, am zweiten Weihnachtstag, Silvester 2027", ["2026-12-25", "2026-12-26", "2027-12-31"]),
        ("de", "Karfreitag, zu Ostern, nach Pfingsten", ["2027-03-26", "2027-03-28", "2027-05-16"]),
        ("de", "schönes Wochenende, frohe Weihnachten, gutes Neujahr, eine Weihnachtskarte", []),
        ("fr", "ce week-end, le weekend prochain, week-end dernier", ["2026-11-22", "2026-11-28", "2026-11-14"]),
        ("fr", "avant noel, à Pâques, au nouvel an", ["2026-12-25", "2027-03-28", "2027-01-01"]),
        ("fr", "le lundi de Pâques, la veille de Noël, Noël dernier", ["2027-03-29", "2026-12-24", "2025-12-25"]),
        ("fr", "bon week-end, joyeux Noël, le père Noël, une carte de Noël", []),
        ("es", "este fin de semana, el fin de semana pasado", ["2026-11-22", "2026-11-14"]),
        ("es", "en Navidad, en nochebuena, antes de año nuevo", ["2026-12-25", "2026-12-24", "2027-01-01"]),
        ("es", "buen fin de semana, feliz navidad, feliz nochebuena, un regalo de navidad", []),
        ("it", "nel fine settimana, il prossimo weekend", ["2026-11-22", "2026-11-28"]),
        (
            "it",
            "a Natale, a ferragosto, a capodanno, pasquetta",
            ["2026-12-25", "2027-08-15", "2027-01-01", "2027-03-29"],
        ),
        ("it", "buon weekend, buon Natale, buona pasqua, un regalo di natale", []),
        ("pt", "neste fim de semana, no final de semana passado", ["2026-11-22", "2026-11-14"]),
        ("pt", "no Natal, na pascoa, véspera de ano novo", ["2026-12-25", "2027-03-28", "2026-12-31"]),
        ("pt", "bom fim de semana, feliz natal, moro em Natal, um presente de natal", []),
    ],
)
def test_moments(language: str, text: str, values: list[str]) -> None:
    assert [row.value for row in find_foreign_moments(text, language, now=NOW)] == values


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "word", ["um ", "a las ", "à cinq heures ", "vinte e ", "alle ", "8 ", "halb ", "5 h", "ce soir "]
)
def test_the_longest_text_takes_linear_time(language: str, word: str) -> None:
    assert takes_linear_time(
        lambda part: find_foreign_moments(part, language, now=NOW), (word * MAX_TEXT_LENGTH)[:MAX_TEXT_LENGTH]
    )


SAID = (
    "um a las la à alle all' às 5 17 25 99 :30 h heures Uhr horas halb viertel vor y media et demie e mezza meno un"
    " quarto cinco fünf uno una vingt venti vinte de tarde da noite abends du soir di sera demain morgen mañana"
    " letzten nächsten Montag lunes pasado lundi dernier scorso lunedì segunda vez guten la que viene in zwei en dans"
    " Wochenende week-end Natale Ostern weekend à an"
    " Ende fin mese mois prochain semaine Woche huit en der"
    " Tagen días jours 3 de maio März primero domani amanhã ce soir stasera midi mezzanotte 00 , . -"
)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(LANGUAGES),
    st.lists(st.sampled_from(SAID.split()), max_size=9).map(" ".join),
    st.sampled_from(["--", "sſ", "iı", "kK"]),
)
def test_any_text(language: str, text: str, pair: str) -> None:
    text = text.replace(pair[0], pair[1])
    for row in find_foreign_moments(text, language, now=NOW):
        assert text[row.start : row.end] == row.text != ""
