"""Learning from words: names of intents count, and every term that speaks for one."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from nlp.features import learn_vocabulary
from nlp.intent_training import name_of, train_intents
from nlp.project import NONE_OF_THESE
from nlp.word_learning import crowd_says, learn_words

TEXTS = ("where is it", "when does it come", "has it left", "stop it", "i do not want it", "take it back")
INTENTS = ("where", "where", "where", "stop", "stop", "stop")


@pytest.mark.parametrize(
    ("intent", "name"),
    [
        ("order_status", "order status"), ("order-status.v2", "order status v2"), ("orderStatus", "order status"),
        ("où est", "où est"), ("停", "停"), ("✓", ""), ("FAQ", "faq"),
    ],
)  # fmt: skip
def test_the_words_in_a_name(intent: str, name: str) -> None:
    assert name_of(intent) == name


def test_a_word_that_only_the_name_has_is_understood() -> None:
    plain = train_intents(TEXTS, INTENTS)
    named = train_intents(TEXTS, ["delivery_date" if intent == "where" else "refund" for intent in INTENTS])
    assert named.scores("refund")[0].intent == "refund"
    assert named.scores("delivery")[0].intent == "delivery_date"
    assert "refund" not in plain.vocabulary.words


def test_the_name_of_none_of_these_is_no_example() -> None:
    model = train_intents([*TEXTS, "tell me a joke"], [*INTENTS, NONE_OF_THESE])
    assert "none" not in model.vocabulary.words


def test_names_that_say_nothing_do_no_harm() -> None:
    model = train_intents(TEXTS, ["x1" if intent == "where" else "✓" for intent in INTENTS])
    assert [model.scores(text)[0].intent for text in TEXTS] == ["x1"] * 3 + ["✓"] * 3


def test_a_term_counts_although_another_has_settled_the_matter() -> None:
    """Two terms that always come together: either alone still speaks for the label."""
    rows = csr_matrix([[1.0, 1.0, 0.0, 0.0]] * 3 + [[0.0, 0.0, 1.0, 0.0]] * 3 + [[0.0, 0.0, 0.0, 1.0]] * 3)
    targets = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2])
    weights, bias = learn_words(rows, None, targets, 4, np.ones(9))
    assert weights.shape == (4, 4)
    for term, label in enumerate((0, 0, 1, 2)):
        assert weights[term].argmax() == label
    assert (weights[:, 3] == 0).all() and bias[3] < bias[:3].min()  # a label without rows never wins


@pytest.mark.parametrize(
    ("text", "intent"),
    [("recycle", "waste"), ("I recycled it", "waste"), ("overcharged!", "billing"), ("towing", "parking")],
)
def test_a_small_bot_knows_other_forms_of_a_word_that_one_example_alone_has(text: str, intent: str) -> None:
    examples = {
        "billing": ["the invoice is wrong", "can I pay by card", "I was charged twice", "how much is a visit"],
        "results": [
            "are my results back",
            "has the lab sent anything",
            "what did the scan show",
            "my blood test please",
        ],
        "waste": [
            "where do I take batteries",
            "nobody emptied the bin",
            "when is the recycling taken",
            "a bin is full",
        ],
        "parking": ["where can I park", "a fine for parking", "the blue zone", "my car was towed"],
    }
    pairs = [(example, name) for name, rows in examples.items() for example in rows]
    model = train_intents([example for example, _ in pairs], [name for _, name in pairs])
    assert model.scores(text)[0].intent == intent


def test_examples_of_a_crowded_intent_count_for_less() -> None:
    says = crowd_says(np.array([0] * 100 + [1] * 5 + [2] * 5))
    assert says[0] == pytest.approx((15 / 100) ** 0.5)
    assert set(says[100:]) == {1.0}


def test_rarity_says_how_much_a_rare_term_stands_out() -> None:
    def ratio(rarity: float) -> float:
        vocabulary = learn_vocabulary(["the cat", "the dog", "the cow"], rarity)
        return vocabulary.weights[vocabulary.words["cat"]] / vocabulary.weights[vocabulary.words["the"]]

    assert ratio(1.0) > ratio(0.5) > ratio(0.0) == 1.0
