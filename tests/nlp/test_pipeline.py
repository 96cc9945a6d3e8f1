"""The pipeline: built from settings, checked before anything runs, and run only as far as is wanted."""

import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest

from models.utterance import Understanding
from nlp import foreign_edges, foreign_moments, foreign_quantities
from nlp.base import Component, Context
from nlp.entities import Entities
from nlp.errors import ComponentFailed, InvalidPipeline, InvalidRequest, Unavailable
from nlp.language import Language
from nlp.pipeline import Pipeline, Question, component_kinds, load_pipeline
from nlp.project import Project, read_project

from .conftest import NOW, write_project


class Letters(Component):
    """Counts letters."""

    kind = "letters"
    gives: ClassVar[tuple[str, ...]] = ("letters",)

    def read(self, understanding: Understanding, context: Context) -> str:
        understanding.extra["letters"] = len(understanding.text)
        return "counted"


class Verdict(Component):
    """Says whether there are many letters."""

    kind = "verdict"
    needs: ClassVar[tuple[str, ...]] = ("letters",)
    gives: ClassVar[tuple[str, ...]] = ("verdict",)

    def read(self, understanding: Understanding, context: Context) -> str:
        understanding.extra["verdict"] = understanding.extra["letters"] > context.options.extra.get("many", 3)
        return "compared"


class Broken(Component):
    """Has a defect."""

    kind = "broken"
    gives: ClassVar[tuple[str, ...]] = ("nothing",)

    def read(self, understanding: Understanding, context: Context) -> str:
        raise KeyError("surprise")


class Silent(Component):
    """Does nothing."""

    kind = "silent"


class Odd(Component):
    """Gives what its settings say, of whatever type."""

    kind = "odd"

    parts: Any = ("odd",)
    gift: Any = None
    line: Any = None
    fails: bool = False

    def given_parts(self) -> Any:
        return self.parts

    def prepare(self, project: Project, models: Path | None) -> None:
        if self.fails:
            raise OSError("no dictionary")

    def read(self, understanding: Understanding, context: Context) -> Any:
        understanding.extra["odd"] = self.gift
        return self.line


def test_only_what_is_wanted_runs() -> None:
    pipeline = Pipeline([Letters(), Verdict(), Broken()])
    assert [row.component for row in pipeline.read("abc", want=("letters",)).why] == ["letters"]
    understanding = pipeline.read("abcd", want=("verdict",))
    assert [row.component for row in understanding.why] == ["letters", "verdict"]
    assert understanding.extra["verdict"] is True
    assert pipeline.read("abcd", want=("verdict",), options={"extra": {"many": 9}}).extra["verdict"] is False
    assert pipeline.read("abc", want=()).why == []


@pytest.mark.parametrize(
    ("components", "says"),
    [
        ([Verdict(), Letters()], "'verdict' needs letters, which nothing before it gives: move 'letters' before it"),
        ([Verdict()], "'verdict' needs letters, which nothing before it gives: add a component that gives it"),
        ([Letters(), Letters()], "'letters' and 'letters' both give letters: remove one"),
        ([Silent()], "component 'silent' does not say what it does: define read()"),
        ([Odd(parts="mood")], "component 'odd': write gives, needs and heeds as tuples"),
    ],
)
def test_order_is_checked_before_anything_runs(components: list[Component], says: str) -> None:
    with pytest.raises(InvalidPipeline, match=says):
        Pipeline(components)


def test_a_defect_names_its_component() -> None:
    with pytest.raises(ComponentFailed, match="component 'broken' failed: KeyError: 'surprise'"):
        Pipeline([Broken()]).read("abc", want=("nothing",))


def test_a_component_may_give_no_reason() -> None:
    assert [row.because for row in Pipeline([Odd(gift=1)]).read("abc", want=("odd",)).why] == [""]


@pytest.mark.parametrize(
    ("component", "says"),
    [
        (Odd(line=5), "TypeError: read() gave int, not a line of text that says why"),
        (Odd(gift=object()), "TypeError: Encoding objects of type object is unsupported"),
        (Odd(gift="\ud83d"), "UnicodeEncodeError: "),
    ],
)
def test_what_a_component_gives_can_be_handed_on(component: Component, says: str) -> None:
    with pytest.raises(ComponentFailed) as caught:
        Pipeline([component]).read("abc", want=("odd",))
    assert caught.value.message.startswith(f"component 'odd' failed: {says}")


def test_a_component_that_cannot_be_made_ready_is_told_before_the_first_text() -> None:
    with pytest.raises(ComponentFailed, match="component 'odd' cannot be made ready: OSError: no dictionary"):
        Pipeline([Letters(), Odd(fails=True)]).warm(("language",))


def test_a_warm_pipeline_makes_no_rule_ready_for_the_first_text_of_its_languages() -> None:
    caches = (foreign_moments._rules, foreign_edges._pattern, foreign_quantities._table)
    for cache in caches:
        cache.cache_clear()
    made = Pipeline([Language(languages=("pt", "nl")), Entities()], language="it")
    made.warm()
    ready = [cache.cache_info().misses for cache in caches]
    assert ready == [3, 3, 3]
    for text, language in (("a fine mese", "it"), ("no fim do mês", "pt"), ("eind van de maand", "nl")):
        assert made.read(text, want=("entities",), now=NOW, language=language).entities, text
    assert [cache.cache_info().misses for cache in caches] == ready


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        ({"want": ("mood",)}, "no component gives mood"),
        ({"want": ("letters",), "options": {"treshold": 1}}, "unknown field `treshold`"),
        ({"want": ("letters",), "options": {"threshold": "high"}}, "threshold"),
    ],
)
def test_wrong_requests(request_: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidRequest, match=says):
        Pipeline([Letters()]).read("abc", **request_)


def test_the_language_is_always_known(tmp_path: Path) -> None:
    text = "language: de\ncomponents: [sentiment]"
    pipeline = load_pipeline(read_project(write_project(tmp_path, pipeline=text)))
    assert pipeline.read("hallo", want=("language", "sentiment")).language == "de"


def test_whoever_wants_nothing_in_particular_gets_all_that_needs_no_model(pipeline: Pipeline) -> None:
    found = pipeline.read("where is my order 1234")
    assert found.tokens and found.entities and found.intents and found.sentiment and found.language == "en"
    (other,) = pipeline.read_many([Question("where is my order 1234")])
    assert isinstance(other, Understanding) and other.tokens == found.tokens


def test_lemmas_need_a_model(pipeline: Pipeline) -> None:
    with pytest.raises(Unavailable, match="spacy download"):
        pipeline.read("some words", want=("lemmas",))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("components: [toknes]", "unknown component 'toknes': did you mean 'tokens'"),
        ("components: [{kind: intents, treshold: 1}]", "treshold: unknown setting, did you mean 'threshold'"),
        ("components: [{kind: intents, threshold: 7}]", "pipeline.yaml: intents: threshold: "),
        ("components: [{kind: 7}]", "settings with a 'kind'"),
        ("components: [zzzzzz]", "unknown component 'zzzzzz': .*entities, intents"),
        ("components: []", "1 to 64 kinds"),
        ("components: [{threshold: 7}]", "settings with a 'kind'"),
        ("timezone: Moon/Crater", "unknown timezone 'Moon/Crater'"),
        ("language: 7", "language and timezone are texts"),
        ("language: EN", "language 'EN' is no code such as en, de or pt-BR"),
        ("language: klingon", "language 'klingon' is no code"),
        ("language: xx", "there is no language 'xx': write a code such as en, de or pt-BR"),
        ("language: xx-BR", "there is no language 'xx'"),
        ("language: deu", "language 'deu' is written 'de' here"),
        (
            "components: [{kind: language, languages: [en, klingon]}]",
            "'klingon' cannot be told from others: .*en.* can",
        ),
        ("lnguage: en", "unknown setting 'lnguage'"),
        ("privacy: {mask: [emial]}", "privacy: nothing finds entities called 'emial': did you mean 'email'"),
        ("privacy: {mask: [7]}", "privacy.mask.0: expected text"),
        ("privacy: {style: bold}", "privacy.style: expected"),
        ("privacy: {musk: []}", "privacy.musk: unknown setting"),
    ],
)
def test_wrong_pipeline_file(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(InvalidPipeline, match=says):
        load_pipeline(read_project(write_project(tmp_path, pipeline=text)))


def test_every_wrong_setting_is_told_with_its_line(tmp_path: Path) -> None:
    text = """\
language: xx
lnguage: de
timezone: Moon/Crater
components:
  - lanugage
  - kind: intents
    threshold: 1.5
  - {kind: sentiment, neutral_band: abc}
privacy:
  mask:
    - emial
    - card
"""
    with pytest.raises(InvalidPipeline) as raised:
        load_pipeline(read_project(write_project(tmp_path, pipeline=text)))
    assert sorted(raised.value.faults) == [
        (1, "there is no language 'xx': write a code such as en, de or pt-BR"),
        (2, "unknown setting 'lnguage': did you mean 'language'?"),
        (3, "unknown timezone 'Moon/Crater': use a name such as Europe/London"),
        (5, "unknown component 'lanugage': did you mean 'language'?"),
        (7, "intents: threshold: expected 1 or less"),
        (8, "sentiment: neutral_band: expected a number"),
        (11, "privacy: nothing finds entities called 'emial': did you mean 'email'?"),
    ]
    assert "sentiment: neutral_band: expected a number (line 8)" in raised.value.message


def test_a_country_behind_the_language_switches_nothing_off(tmp_path: Path) -> None:
    text = "language: de-AT\ncomponents: [entities, sentiment]"
    project = read_project(write_project(tmp_path, pipeline=text))
    found = load_pipeline(project).read("zwanzig Euro, das ist wunderbar", now=NOW, want=("entities", "sentiment"))
    assert (project.settings["language"], project.region, found.language) == ("de", "AT", "de")
    assert found.entity("amount") == {"value": 20, "currency": "EUR"}
    assert found.sentiment is not None and found.sentiment.label == "positive"


@pytest.mark.parametrize(
    ("settings", "phone"),
    [
        ("timezone: Europe/London", "+442079460958"),
        ("language: en-GB", "+442079460958"),
        ("timezone: Europe/Paris\ncomponents: [{kind: entities, phone_region: GB}]", "+442079460958"),
        ("timezone: Europe/Berlin", None),
        ("timezone: UTC", None),
        ("language: en", None),
    ],
)
def test_numbers_without_a_prefix_are_of_the_bots_country(tmp_path: Path, settings: str, phone: str | None) -> None:
    pipeline = load_pipeline(read_project(write_project(tmp_path, pipeline=settings)))
    assert pipeline.read("call 020 7946 0958", want=("entities",), now=NOW).entity("phone") == phone


@pytest.mark.parametrize(
    ("part", "own", "text"),
    [
        ("sentiment", "de", "your service is absolutely terrible, I hate it"),
        ("profanity", "en", "das ist mir zu dick aufgetragen, ich war nicht zufrieden"),
        ("entities", "en", "bitte erst in zwanzig Minuten liefern, vorher bin ich nicht da"),
    ],
)
def test_a_part_that_is_wanted_alone_is_read_in_the_language_of_the_text(
    tmp_path: Path, part: str, own: str, text: str
) -> None:
    components = "[{kind: language, languages: [en, de]}, entities, sentiment, {kind: profanity, languages: [en, de]}]"
    settings = f"language: {own}\ncomponents: {components}"
    pipeline = load_pipeline(read_project(write_project(tmp_path, pipeline=settings)))
    alone, whole = (pipeline.read(text, want=want, now=NOW) for want in ((part,), (part, "language")))
    assert whole.language != own
    assert getattr(alone, part) == getattr(whole, part)


def test_what_is_heeded_is_not_demanded(tmp_path: Path) -> None:
    settings = "language: en\ncomponents: [sentiment, language]"
    pipeline = load_pipeline(read_project(write_project(tmp_path, pipeline=settings)))
    found = pipeline.read("this is great", want=("sentiment",))
    assert [why.component for why in found.why] == ["sentiment"]


def test_settings_of_the_pipeline_file(tmp_path: Path) -> None:
    text = "timezone: Europe/Berlin\ncomponents: [{kind: profanity, block: [muppet], mask: '#'}]"
    pipeline = load_pipeline(read_project(write_project(tmp_path, pipeline=text)))
    assert pipeline.timezone == "Europe/Berlin"
    assert pipeline.read("you muppet", want=("profanity",)).profanity.masked == "you ######"  # type: ignore[union-attr]


def test_a_component_of_the_project(tmp_path: Path) -> None:
    folder = tmp_path / "components"
    folder.mkdir()
    (folder / "shout.py").write_text(
        "from typing import ClassVar\n"
        "from nlp.base import Component\n"
        "class Shout(Component):\n"
        "    '''Tells whether it is in capitals.'''\n"
        "    kind = 'shout'\n"
        "    gives: ClassVar = ('shout',)\n"
        "    def read(self, understanding, context):\n"
        "        understanding.extra['shout'] = understanding.text.isupper()\n"
        "        return 'looked'\n"
    )
    write_project(tmp_path, pipeline="components: [shout]")
    assert load_pipeline(read_project(tmp_path)).read("HELP", want=("shout",)).extra == {"shout": True}
    (folder / "shout.py").write_text("import nothing_of_that_name")
    with pytest.raises(InvalidPipeline, match=r"components/shout.py fails on import: ModuleNotFoundError"):
        load_pipeline(read_project(tmp_path))


READS = "    def read(self, understanding, context):\n        return 'looked'\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("class Shout(Component):\n" + READS, r"components/own.py: Shout does not say its kind: .* call it _Shout"),
        (
            "class Shout(Component):\n    kind: str = 'shout'\n" + READS,
            "Shout does not say its kind: .* without a type",
        ),
        ("class Shout(Component):\n    kind = 'shout'\n" + READS.replace("def", "async def"), "'shout' awaits"),
    ],
)
def test_what_is_wrong_in_a_component_of_the_project_is_told(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "components").mkdir()
    (tmp_path / "components" / "own.py").write_text("from botkit import Component\n" + text)
    write_project(tmp_path, pipeline="components: [shout]")
    with pytest.raises(InvalidPipeline, match=says):
        load_pipeline(read_project(tmp_path))


def test_components_of_a_project_may_have_a_class_in_common(tmp_path: Path) -> None:
    (tmp_path / "components").mkdir()
    (tmp_path / "components" / "own.py").write_text(
        f"from botkit import Component\nclass _Base(Component):\n{READS}class Shout(_Base):\n    kind = 'shout'\n"
    )
    write_project(tmp_path, pipeline="components: [shout]")
    assert [component.kind for component in load_pipeline(read_project(tmp_path)).components] == ["shout"]


def test_every_built_in_component_explains_itself() -> None:
    kinds = component_kinds()
    ours = {"entities", "intents", "language", "profanity", "sentiment", "tokens"}
    assert set(kinds) >= ours | {"dialogflow", "openai", "rasa"}
    for kind in kinds.values():
        assert kind.about().endswith(".")
        assert kind.gives
        fields = kind.model_json_schema().get("properties", {})
        assert all(field.get("description") for field in fields.values())


def test_without_a_project(tmp_path: Path) -> None:
    pipeline = load_pipeline(read_project(tmp_path / "missing"))
    understanding = pipeline.read("where is my order", want=("intent", "entities"), now=NOW)
    assert understanding.intent == ""
    assert "no trained model" in understanding.why[-1].because


def test_import_is_cheap() -> None:
    code = (
        "import sys, nlp, nlp.pipeline, nlp.training, nlp.methods, botkit.nlp_pool;"
        "heavy = ('numpy', 'spacy', 'sklearn', 'vaderSentiment', 'rapidfuzz', 'phonenumbers', 'better_profanity');"
        "print([name for name in heavy if name in sys.modules])"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout == "[]\n"
