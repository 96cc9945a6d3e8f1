"""Scripts: words are found in those whose vowels are marks on a letter."""

import pytest

from nlp.features import words_of
from nlp.intent_training import train_intents

HINDI = {
    "fees": ["फीस कितनी है", "फीस कैसे भरें", "फीस की रसीद चाहिए", "शुल्क का विवरण दीजिए"],
    "bus": ["बस कितने बजे आएगी", "बस अभी तक नहीं आई", "बस का रूट बताइए", "ड्राइवर का नंबर दीजिए"],
    "holiday": ["क्या कल स्कूल बंद है", "छुट्टियाँ कब से हैं", "दिवाली की छुट्टी कितने दिन", "बच्चा बीमार है आज नहीं आएगा"],
}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("मेरा ऑर्डर कहाँ है?", ["मेरा", "ऑर्डर", "कहाँ", "है", "?"]),
        ("আমার টাকা", ["আমার", "টাকা"]),
        ("என் ஆர்டர்", ["என்", "ஆர்டர்"]),
        ("بِسْمِ اللَّهِ", ["بِسْمِ", "اللَّهِ"]),
        ("שָׁלוֹם", ["שָׁלוֹם"]),
        ("नहीं। हाँ", ["नहीं", "।", "हाँ"]),
        ("q\u0307uick", ["q\u0307uick"]),
        ("👍🏽 ❤️", ["👍", "🏽", "❤", "\ufe0f"]),
    ],
)
def test_a_word_has_its_marks(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("text", "intent"), [("शुल्क कितना है", "fees"), ("ड्राइवर कहाँ है", "bus"), ("छुट्टी कब है", "holiday")]
)
def test_hindi_is_understood(text: str, intent: str) -> None:
    pairs = [(example, name) for name, rows in HINDI.items() for example in rows]
    model = train_intents([example for example, _ in pairs], [name for _, name in pairs])
    assert model.scores(text)[0].intent == intent
    assert model.scores(text)[0].confidence > 0.5
    assert "फीस" in model.vocabulary.words


@pytest.mark.parametrize("text", ["मुझे गाना सुनाओ", "मेरा फोन खराब हो गया", "कल क्रिकेट मैच कौन जीता"])
def test_hindi_about_something_else_is_none_of_these(text: str) -> None:
    pairs = [(example, name) for name, rows in HINDI.items() for example in rows]
    scores = train_intents([example for example, _ in pairs], [name for _, name in pairs]).scores(text)
    assert not scores or scores[0].confidence < 0.5
