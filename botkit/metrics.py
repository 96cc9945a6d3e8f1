"""Metrics: what Prometheus is told, in one place."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

REGISTRY = CollectorRegistry()


class Tally(Collector):
    """A counter by labels. Counting is one addition in a dictionary: it is done several times a message."""

    def __init__(self, name: str, about: str, *labels: str) -> None:
        self._name = name
        self._about = about
        self._labels = labels
        self.counts: dict[tuple[str, ...], int] = {}
        REGISTRY.register(self)

    def add(self, *values: str) -> None:
        """Count one more, with these values of the labels."""
        self.counts[values] = self.counts.get(values, 0) + 1

    def collect(self) -> Iterator[CounterMetricFamily]:
        family = CounterMetricFamily(self._name, self._about, labels=self._labels)
        for values, count in list(self.counts.items()):
            family.add_metric(values, count)
        if not self._labels and not self.counts:
            family.add_metric((), 0)
        yield family


RECEIVED = Tally("botkit_received", "Messages and events accepted.", "channel")
DUPLICATES = Tally("botkit_duplicates", "Deliveries of something accepted before.")
UNMATCHED = Tally("botkit_unmatched", "Messages that nothing wanted.")
SET_ASIDE = Tally("botkit_set_aside", "Inbox items that failed too often.")
CONSENT = Tally("botkit_consent", "STOP, START and HELP.", "wish")
ENDED = Tally("botkit_sessions_ended", "Sessions ended.", "flow", "outcome")
SENT = Tally("botkit_sends", "Tries at sending.", "channel", "outcome")
NLP_TEXTS = Tally("botkit_nlp_texts", "Texts given to NLP.", "outcome")
NLP_OVERRUNS = Tally("botkit_nlp_overruns", "NLP components that took longer than their budget.", "component")
REQUESTS = Histogram(
    "botkit_webhook_seconds", "Time to a durable acknowledgement.", registry=REGISTRY,
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)  # fmt: skip
WAITING = Gauge("botkit_waiting", "What waits in the store.", ["what"], registry=REGISTRY)
COMMITS = Gauge("botkit_store_commits", "Commits since start, each with one fsync.", registry=REGISTRY)
CHANGES = Gauge("botkit_store_changes", "Changes since start, many to a commit.", registry=REGISTRY)
