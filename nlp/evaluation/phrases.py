"""Phrases: what customers write around a request, in the languages for which we know it."""

from typing import NamedTuple


class Phrases(NamedTuple):
    """What stands before a request, what behind it, and sentences about something else."""

    greetings: tuple[str, ...]
    endings: tuple[str, ...]
    beside: tuple[str, ...]


PHRASES = {
    "en": Phrases(
        ("hi", "hello", "hey there", "good morning", "hi, quick question", "hello, I hope you are well"),
        ("thanks", "please", "thank you so much", "asap", "cheers"),
        ("I have been with you for years.", "It is the first time that I write to you.", "It has been a long day.",
         "My neighbour told me about this.", "I am on a train right now."),
    ),
    "de": Phrases(
        ("hi", "hallo", "guten Tag", "guten Morgen", "hallo, kurze Frage", "hallo, ich hoffe, es geht Ihnen gut"),
        ("danke", "bitte", "vielen Dank im Voraus", "LG", "liebe Grüße"),
        ("Ich bin seit Jahren bei Ihnen.", "Ich schreibe Ihnen zum ersten Mal.", "Es war ein langer Tag.",
         "Meine Nachbarin hat mir davon erzählt.", "Ich sitze gerade im Zug."),
    ),
    "es": Phrases(
        ("hola", "buenas", "buenos días", "buenas tardes", "hola, una pregunta", "hola, espero que estén bien"),
        ("gracias", "por favor", "muchas gracias", "un saludo", "lo antes posible"),
        ("Llevo años con ustedes.", "Es la primera vez que les escribo.", "Ha sido un día largo.",
         "Me lo contó mi vecina.", "Ahora mismo voy en el tren."),
    ),
    "fr": Phrases(
        ("bonjour", "salut", "bonsoir", "coucou", "bonjour, une question", "bonjour, j'espère que vous allez bien"),
        ("merci", "s'il vous plaît", "merci beaucoup", "cordialement", "svp"),
        ("Je suis chez vous depuis des années.", "C'est la première fois que je vous écris.",
         "La journée a été longue.", "C'est ma voisine qui m'en a parlé.", "Je suis dans le train en ce moment."),
    ),
    "it": Phrases(
        ("ciao", "salve", "buongiorno", "buonasera", "ciao, una domanda", "salve, spero tutto bene"),
        ("grazie", "per favore", "grazie mille", "cordiali saluti", "il prima possibile"),
        ("Sono con voi da anni.", "È la prima volta che vi scrivo.", "È stata una giornata lunga.",
         "Me ne ha parlato la mia vicina.", "In questo momento sono in treno."),
    ),
    "nl": Phrases(
        ("hoi", "hallo", "goedemorgen", "goedemiddag", "hallo, korte vraag", "hoi, hopelijk gaat alles goed"),
        ("bedankt", "alstublieft", "alvast bedankt", "groetjes", "zo snel mogelijk"),
        ("Ik ben al jaren bij jullie.", "Het is de eerste keer dat ik jullie schrijf.", "Het was een lange dag.",
         "Mijn buurvrouw vertelde me hierover.", "Ik zit nu in de trein."),
    ),
    "pt": Phrases(
        ("oi", "olá", "bom dia", "boa tarde", "oi, uma pergunta", "olá, espero que estejam bem"),
        ("obrigada", "por favor", "muito obrigado", "abraços", "o quanto antes"),
        ("Estou com vocês há anos.", "É a primeira vez que escrevo para vocês.", "Foi um dia longo.",
         "A minha vizinha me falou disso.", "Agora estou no trem."),
    ),
}  # fmt: skip
