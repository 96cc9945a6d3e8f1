"""Nodes: the building blocks of flows that come with botkit, one file each, named by its kind."""

from flows.base import Node
from flows.nodes.branch import Branch
from flows.nodes.call_flow import CallFlow
from flows.nodes.delay import Delay
from flows.nodes.end import End
from flows.nodes.evaluate import Evaluate
from flows.nodes.http_request import HttpRequest
from flows.nodes.intent import Intent
from flows.nodes.nlp import Nlp
from flows.nodes.nlp_pipeline import NlpPipeline
from flows.nodes.profanity_filter import ProfanityFilter
from flows.nodes.qna_bot import QnaBot
from flows.nodes.receive import Receive
from flows.nodes.send import Send
from flows.nodes.sentiment import Sentiment
from flows.nodes.set_variable import SetVariable
from flows.nodes.start import Start

BUILT_IN: tuple[type[Node], ...] = (
    Branch,
    CallFlow,
    Delay,
    End,
    Evaluate,
    HttpRequest,
    Intent,
    Nlp,
    NlpPipeline,
    ProfanityFilter,
    QnaBot,
    Receive,
    Send,
    Sentiment,
    SetVariable,
    Start,
)
"""Every node that comes with botkit, by kind."""
