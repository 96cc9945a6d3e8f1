"""ProfanityLanguages: the commonest rude words of other languages than English, with how bad each is.

Written by hand: what is said in anger, not what a dictionary has. A word that is harmless in the language itself is not
here, but one language's insult is another's small word ("con"): a bot names the languages that its customers write.
"""

LISTS: dict[str, dict[int, str]] = {
    "de": {
        2: "scheiße scheisse scheiß scheiss arsch ärsche arschloch arschgeige arschgeigen arschgesicht"
           " arschkriecher wichser wichsern wixer hure huren schlampe schlampen fotzen ficken fick ficke fickt"
           " fickst ficker gefickt verpiss verpisst pisser pissern drecksau drecksäue miststück miststücke"
           " kackbratze kackbratzen schwanzlutscher schwanzlutschern kacke beschissen beschissene beschissener"
           " beschissenes beschissenen verarscht verarsche verarschst verarschen vollidiot vollidioten spasti"
           " spastis idiot idioten idiotin idiotinnen depp deppen arschlöcher verfickt verfickte hurensöhne",
        3: "fotze fotzen hurensohn hurensöhne hurensöhnen missgeburt missgeburten kanake kanaken nigger spast"
           " spasten schwuchtel schwuchteln",
    },
    "es": {
        2: "mierda mierdas puta puto putas putos joder jode jódete jodete jodan jodes joderos jodiendo coño"
           " coños cabrona pendejo pendeja chingar chinga chingado chingada chingados chingadas culero culera"
           " culeros culeras hijoputa hijueputa malparido malparida malparidos malparidas mamón mamones zorra"
           " zorras maricón imbécil imbéciles capullo capulla capullos carajo carajos hostia cojones polla pollas"
           " verga vergas jodido jodida cabrón cabrones gilipollas pendejos pendejas jodidos",
        3: "hijoputa hijoputas hijueputa hijueputas maricón maricones sudaca sudacas",
    },
    "fr": {
        2: "merde merdes putain putains pute putes salope salaud salauds con conne connes niquer nique niqué ntm"
           " bordel couille couilles bite chier chiant chiante chiants chiantes foutre enfoiré enfoirée enfoirés"
           " enfoirées batard bâtard bâtards bâtarde pétasse pétasses abruti abrutie abrutis abruties dégueulasse"
           " dégueulasses pd tapette tapettes connard connards connasse connasses emmerder",
        3: "enculé enculée enculés enculées pd tapette tapettes bougnoule bougnoules youpin youpins négro négros"
           " salope salopes",
    },
    "it": {
        2: "merda merde puttana puttane troia troie fanculo minchia minchiata minchiate minchione figa fica"
           " bastardo bastarda bastardi bastarde cagare zoccola zoccole cretino cretina cretini cretine porca"
           " cazzo cazzi stronzo stronza stronzi stronze vaffanculo coglione coglioni incazzato incazzata"
           " rompicoglioni",
        3: "frocio froci negro negri terrone terroni puttana puttane",
    },
    "pt": {
        2: "merda merdas porra porras puta puto putas putos putaria foder fode foda fodam fodase cu buceta"
           " boceta bucetas bocetas cabrão cabrões filhodaputa viado viados cuzão cuzões desgraça desgraçado"
           " desgraçada desgraçados desgraçadas otário otária otários otárias babaca babacas corno cornos piranha"
           " piranhas vagabunda vagabundas bosta bostas cacete cacetes caralho caralhos fodido fodida arrombado"
           " arrombada",
        3: "viado viados filhodaputa crioulo crioulos buceta bucetas",
    },
}  # fmt: skip

STEMS_OF = {
    "de": "scheiss arschlo verfick wichser hurenso vollidiot",
    "es": "gilipoll cabron pendej jodid mierd",
    "fr": "connard connass encul salop merd",
    "it": "stronz cazz fancul coglion puttan merd",
    "pt": "caralh fodid arrombad merd",
}
"""Bad enough in every ending, and inside other words: "Scheißladen", "stronzi", "verficktes"."""

PHRASES: dict[str, tuple[str, ...]] = {
    "de": ("verpiss dich", "leck mich am arsch", "fick dich", "halt die fresse"),
    "es": ("hijo de puta", "hija de puta", "hijos de puta", "hijas de puta", "vete a la mierda", "me cago en",
           "que te jodan", "la concha de tu madre"),
    "fr": ("fils de pute", "fils de putes", "ta gueule", "va te faire foutre", "allez vous faire foutre",
           "nique ta mère", "casse toi pauvre con"),
    "it": ("figlio di puttana", "figlia di puttana", "figli di puttana", "porco dio", "porca puttana", "vai a cagare",
           "testa di cazzo", "teste di cazzo"),
    "pt": ("filho da puta", "filha da puta", "filhos da puta", "filhas da puta", "vai se foder", "vai tomar no cu",
           "puta que pariu"),
}  # fmt: skip

INNOCENT_IN: dict[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "de": "dick cum",
        "en": "bite con depp pd cu polla figa porca troia corno piranha piranhas crioulo verga chier hure hostia",
        "es": "negro retard con porra porras corno cornos foda",
        "fr": "retard retards retarded fag troie",
        "it": "con coon retard",
        "pt": "negro con retard",
    }.items()
}  # fmt: skip
"""Words of other languages' lists that mean no harm in a text of this one: a French delay is a "retard"."""

KNOWN = ("en", *sorted(LISTS))


def stems_of(language: str) -> tuple[str, ...]:
    """What is found inside the words of a language, folded."""
    return tuple(STEMS_OF[language].split())


def words_of(language: str) -> dict[str, int]:
    """The words and phrases of a language with their severity, 2 or 3."""
    found: dict[str, int] = dict.fromkeys(PHRASES[language], 2)
    for severity in sorted(LISTS[language]):
        found.update(dict.fromkeys(LISTS[language][severity].split(), severity))
    return found
