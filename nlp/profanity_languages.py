"""ProfanityLanguages: the commonest rude words of other languages than English, with how bad each is.

Written by hand: what is said in anger, not what a dictionary has. A word that is harmless in the language itself is not
here, but one language's insult is another's small word ("con"): a bot names the languages that its customers write.
"""

LISTS: dict[str, dict[int, str]] = {
    "de": {
        2: "scheiße scheisse scheiß scheiss arsch arschloch arschgeige wichser hurensohn hure schlampe fotze ficken"
           " fick gefickt verfickt verpiss verpisst pisser drecksau miststück kackbratze missgeburt schwanzlutscher"
           " kacke beschissen verarscht verarschen vollidiot spast spasti idiot depp",
        3: "fotze hurensohn missgeburt kanake nigger spast schwuchtel",
    },
    "es": {
        2: "mierda puta puto putos putas joder jodido jodete coño cabrón cabrona gilipollas pendejo pendeja chingar"
           " chingada chinga verga culero hijoputa hijueputa malparido mamón zorra maricón imbécil capullo carajo"
           " hostia cojones polla",
        3: "hijoputa hijueputa maricón sudaca",
    },
    "fr": {
        2: "merde putain pute salope salaud connard connasse con conne enculé enculer encule niquer nique ntm bordel"
           " couille couilles bite chier chiant foutre enfoiré batard bâtard pétasse abruti dégueulasse pd tapette",
        3: "enculé pd tapette bougnoule youpin négro salope",
    },
    "it": {
        2: "merda cazzo cazzi stronzo stronza puttana troia vaffanculo fanculo coglione coglioni minchia figa fica"
           " bastardo bastarda cagare incazzato rompicoglioni zoccola cretino stronzate porca",
        3: "frocio negro terrone puttana",
    },
    "pt": {
        2: "merda porra caralho puta puto foder fode fodido fodase cu buceta boceta cabrão filhodaputa viado arrombado"
           " cuzão desgraça otário babaca corno piranha vagabunda bosta cacete",
        3: "viado filhodaputa crioulo buceta",
    },
}  # fmt: skip

PHRASES: dict[str, tuple[str, ...]] = {
    "de": ("verpiss dich", "leck mich am arsch", "fick dich", "halt die fresse"),
    "es": ("hijo de puta", "vete a la mierda", "me cago en", "que te jodan", "la concha de tu madre"),
    "fr": ("fils de pute", "ta gueule", "va te faire foutre", "nique ta mère", "casse toi pauvre con"),
    "it": ("figlio di puttana", "porco dio", "porca puttana", "vai a cagare", "testa di cazzo"),
    "pt": ("filho da puta", "vai se foder", "vai tomar no cu", "puta que pariu"),
}

INNOCENT_IN: dict[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "de": "dick cum",
        "en": "bite con depp pd cu polla figa porca troia corno piranha crioulo verga chier hure hostia",
        "es": "negro retard con",
        "fr": "retard retards retarded fag",
        "it": "con coon retard",
        "pt": "negro con retard",
    }.items()
}  # fmt: skip
"""Words of other languages' lists that mean no harm in a text of this one: a French delay is a "retard"."""

KNOWN = ("en", *sorted(LISTS))


def words_of(language: str) -> dict[str, int]:
    """The words and phrases of a language with their severity, 2 or 3."""
    found: dict[str, int] = dict.fromkeys(PHRASES[language], 2)
    for severity in sorted(LISTS[language]):
        found.update(dict.fromkeys(LISTS[language][severity].split(), severity))
    return found
