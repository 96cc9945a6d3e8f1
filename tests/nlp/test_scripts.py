"""Scripts: words are found in those whose vowels are marks on a letter, and in those without spaces between words."""

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
        ("ދިވެހި ބަސް", ["ދިވެހި", "ބަސް"]),
        ("བོད་སྐད།", ["བོད", "་", "སྐད", "།"]),
        ("ၸႂ်ႇ", ["ၸႂ်ႇ"]),
        ("ශ්\u200dරී ලංකා", ["ශ්රී", "ලංකා"]),
        ("क्\u200dया", ["क्या"]),
        ("👨\u200d👩", ["👨", "👩"]),
        ("q\u0307uick", ["q\u0307uick"]),
        ("我的iPhone订单，在哪里？", ["我的", "iphone", "订单", "在哪", "哪里", "?"]),
        ("好", ["好"]),
        ("1500円です", ["0", "円で", "です"]),
        ("ขอคืนเงิน", ["ขอ", "อคื", "คืน", "นเ", "เงิ", "งิน"]),
        ("ที่", ["ที่"]),
        ("ငွေပြန်", ["ငွေပြ", "ပြန်"]),
        ("주문이 어디에", ["주문이", "어디에"]),
        ("👍🏽 ❤️", ["👍", "🏽", "❤", "\ufe0f"]),
    ],
)
def test_the_words_of_a_text(text: str, words: list[str]) -> None:
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


CHINESE = {
    "order": ["我的订单到哪里了", "什么时候发货", "快递还没到", "查一下物流", "订单一直没有更新", "能不能快点发货"],
    "refund": ["我要退货", "怎么申请退款", "东西坏了想退", "退款什么时候到账", "退货地址是什么", "尺码不合适想换货"],
    "human": ["转人工", "我要找客服", "有人吗", "我想跟真人说话", "我要投诉", "叫你们经理来"],
}


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("请问发货了吗", "order"),
        ("物流信息没有更新", "order"),
        ("可以换货吗", "refund"),
        ("投诉你们", "human"),
        ("客服在吗", "human"),
        (
            "昨天早上我在你们的网上商店里给我妈妈买了一件红色的毛衣和一双白色的鞋子她穿了以后说都不太喜欢所以我现在要退货",
            "refund",
        ),
    ],
)
def test_chinese_is_understood_by_what_any_part_of_a_sentence_says(text: str, intent: str) -> None:
    pairs = [(example, name) for name, rows in CHINESE.items() for example in rows]
    scores = train_intents([example for example, _ in pairs], [name for _, name in pairs]).scores(text)
    assert scores and scores[0].intent == intent


BURMESE = {
    "order": ["ကျွန်တော့်အော်ဒါဘယ်ရောက်ပြီလဲ", "ပစ္စည်းဘယ်တော့ရမလဲ", "ပို့ပြီးပြီလား", "အော်ဒါအခြေအနေ"],
    "refund": ["ငွေပြန်အမ်းပေးပါ", "ပစ္စည်းပြန်ပို့ချင်တယ်", "ပစ္စည်းပျက်နေတယ်", "ငွေပြန်ရချင်တယ်"],
    "human": ["လူနဲ့စကားပြောချင်တယ်", "ဝန်ထမ်းနဲ့ဆက်သွယ်ပေးပါ", "တိုင်ကြားချင်တယ်", "ဝန်ထမ်းရှိလား"],
}


def test_what_is_strange_in_a_script_of_many_marks_is_strange() -> None:
    pairs = [(example, name) for name, rows in BURMESE.items() for example in rows]
    model = train_intents([example for example, _ in pairs], [name for _, name in pairs])
    known = model.scores("အော်ဒါဘယ်တော့ရောက်မလဲ")[0]
    assert known.intent == "order" and known.confidence > 0.9
    for text in ("ဒီနေ့ရာသီဥတုဘယ်လိုလဲ", "သီချင်းဆိုပြပါ", "ဘောလုံးပွဲဘယ်သူနိုင်လဲ"):
        scores = model.scores(text)
        assert not scores or scores[0].confidence < 0.6, text
