"""Natural language: text in, understanding out; without a cloud and without a graphics card.

`import nlp` is cheap. Components live one a file and load their libraries when they are prepared.
"""

BUILT_IN = (
    "nlp.answers:Answers",
    "nlp.dialogflow:Dialogflow",
    "nlp.entities:Entities",
    "nlp.intents:Intents",
    "nlp.language:Language",
    "nlp.openai:OpenAI",
    "nlp.profanity:ProfanityFilter",
    "nlp.rasa:Rasa",
    "nlp.sentiment:SentimentScore",
    "nlp.tokens:Tokens",
)
"""Our own components, as module and class: imported by the pipeline that uses them."""
