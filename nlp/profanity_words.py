"""Words: what is said of the words on the block list: how bad they are, and where they are innocent."""

MILD, RUDE, SEVERE = 1, 2, 3

EVERYDAY = frozenset(
    """
    anal anus areole arian aryan beastial bestial bimbo bimbos bondage boner breasts busty chink coon cowgirl
    cowgirls cow-girl crotch dink dinks dong dopey drunk dummy dyke dykes enlargement erect erection erotic erotism
    extacy extasy facial facials fanny fat feck flange fondle fook foobar fubar gae gai ganja gay gays gey glans god
    gonad gonads gringo guido hebe hemp hentai heroin herp herpes hitler hiv hoar hoare hoer homey hooch hookah
    hooker hooter hooters hoor hump humped humping hussy hymen inbred incest injun jap japs jerk jerked junkie junky
    kill kinky klan knob kock kraut kum lech len leper lesbians lmao loin loins lube lust lusting lusty mams massa
    maxi menses menstruate menstruation meth molest muff murder muther nad nads naked napalm nappy nazi nazism negro
    nig niggle nimrod ninny nipple nob nude nudes omg opiate opium oral orally organ orgasm orgasms orgies orgy ovary
    ovum ovums paddy pantie panties panty pastie pasty pawn pcp pecker pee penetrate penetration penial penile peyote
    phallic pimp pinko playboy pms pollock pot potty prig pron prostitute prude pube pubic pubis puss puto queer
    queers quicky racy rectal rectum rectus reefer reich revue rimming rum rump ruski sandbar scantily schizo screw
    screwed screwing scum seaman seamen seduce semen sex sexual sissy slave sleazy slope smut sniper snuff souse
    soused spac sperm spic spick spik spiks spunk steamy stoned strip stroke tampon tard tawdry teat teste testes
    testee testicle testis throating thrust thug tinkle titi toke toots tramp transsexual trashy tush ugly undies
    unwed urinal urine uterus uzi vag vagina valium viagra virgin vixen vodka vomit voyeur vulgar vulva wad wang
    wazoo wedgie weed weenie weewee weiner weirdo wench whitey whiz wigger willies willy womb woody wop xx yury
    fart fisted fisting fingering doggin dogging poop titt hell faig duche jiz
    """.split()  # noqa: SIM905
)
"""Words of the lexicon that customers use in earnest, such as oral, god or vodka: they are mild."""

STEMS = (
    "arsehole", "asshole", "bastard", "bitch", "blowjob", "bullshit", "cocksuck", "cunt", "dickhead", "faggot",
    "fuck", "jackass", "jizz", "motherf", "nigga", "nigger", "phuck", "shit", "slut", "wank", "whore",
)  # fmt: skip
"""Bad enough to be found inside other words: "absofuckinglutely"."""

SEVERE_STEMS = frozenset({"cunt", "faggot", "motherf", "nigga", "nigger", "cocksuck", "rapist"})

MORE_ENGLISH = dict.fromkeys(
    """
    fck fkn fkng fcking fcked fcker fking fkin fukk fukking fuking azzhole azhole biatch dikhead dickwad asshat
    scumbag scumbags bollocks bugger shyt shytty wanka tosser tossers bellend pillock pillocks morons
    retards idiot idiots twats
    """.split(),  # noqa: SIM905
    RUDE,
) | {"kill yourself": SEVERE, "kys": SEVERE, "ffs": MILD, "omfg": MILD, "effing": MILD, "lmfao": MILD, "lmfaoo": MILD}
"""What the list has not: how words are cut short, plurals, and insults that it forgot."""

CENSORED = tuple(
    """
    fuck fucking fucked fucker fuckers fucks shit shits shitty shite bullshit bitch bitches cunt cunts asshole
    assholes arsehole arseholes ass arse wanker wankers bastard bastards dickhead dick motherfucker
    motherfucking prick twat bollocks crap slut whore
    """.split()  # noqa: SIM905
)
"""What people star out, wherever they put the stars: sh**, w**ker, bullsh*t."""

INNOCENT = {
    "bastard": ("bastardi",),
    "cazz": ("cazzuol", "cazzanig"),
    "cunt": ("scunthorpe", "cuntz"),
    "encul": ("encultur",),
    "merd": (
        "merdek",
        "amerd",
        "imerd",
        "lmerd",
        "omerd",
        "rmerd",
        "umerd",
        "ammerd",
        "immerd",
        "ommerd",
        "ummerd",
    ),
    "mierd": ("emierd",),
    "nigger": ("snigger",),
    "shit": (
        "shitake",
        "shittake",
        "shiitake",
        "mishit",
        "hashit",
        "shittim",
        "washit",
        "pushit",
        "finishit",
        "wishit",
        "publishit",
        "shitterton",
        *"ashita eshita ishita oshita ushita".split(),  # noqa: SIM905  Yamashita, Ishita
        *"akshit ikshit ukshit arshit rishit nishit kshitij shitij shital".split(),  # noqa: SIM905  Dikshit, Harshit
    ),
    "puttan": ("puttanesc",),
    "salop": ("salopette",),
    "stronz": ("stronzio", "stronzian"),
    "slut": ("slutsk", "reslut", "soluti"),
    "wank": ("swank", "wankel", "wankhede"),
}
"""Where a word that holds the stem holds one of these too, it means something else."""

INNOCENT_PHRASES = (
    "magna cum laude", "summa cum laude", "cum laude", "rape seed", "rape oil", "rape crisis", "was raped",
    "been raped", "raped me", "homo sapiens", "faggots and peas", "strip club", "horny goat weed", "dick smith",
    "dick s sporting", "dick van dyke", "moby dick", "dick turpin", "dick whittington", "dick cheney",
    "philip k dick", "tom dick", "spotted dick", "pen is mightier", "pussy cat", "pussy willow", "pussy riot",
    "blue tit", "great tit", "coal tit", "blue tits", "coal tits", "tits nest", "tailed tits", "bastard file",
    "bastard files", "cock a doodle", "cock and bull", "weather cock", "bangers and mash",
    "prick test", "pin prick", "god knows", "tit for tat", "gaylord hotel", "gaylord hotels", "gaylord palms",
    "gaylord opryland",
)  # fmt: skip

SQUEEZED_STEMS = ("bitch", "cunt", "fuck", "shit")
"""No innocent word holds one of these when its doubled letters are made single."""

SPLIT_WORDS: dict[str, tuple[str, ...]] = {
    "f": ("uck",), "fu": ("ck",), "fuc": ("k",), "sh": ("it",), "shi": ("t",), "bi": ("tch",), "bitc": ("h",),
    "c": ("unt",), "cu": ("nt",), "cun": ("t",), "assh": ("ole",), "asshol": ("e",), "bast": ("ard",),
    "basta": ("rd",), "ni": ("gger", "gga"), "nigg": ("a",), "motherfu": ("cker", "cking"), "bullsh": ("it",),
    "bullshi": ("t",), "arseh": ("ole",),
}  # fmt: skip
"""Where one space is put into a word that makes no words of its halves: not "s hit" nor "as shole"."""

SPLIT_ENDINGS = frozenset({"", "s", "ing", "in", "ed", "er", "ers", "es", "y", "head", "ty"})
