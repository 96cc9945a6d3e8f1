"""Metrics: what Prometheus is told, in one place."""

from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

RECEIVED = Counter("botkit_received_total", "Messages and events accepted.", ["channel"], registry=REGISTRY)
DUPLICATES = Counter("botkit_duplicates_total", "Deliveries of something accepted before.", registry=REGISTRY)
UNMATCHED = Counter("botkit_unmatched_total", "Messages that nothing wanted.", registry=REGISTRY)
SET_ASIDE = Counter("botkit_set_aside_total", "Inbox items that failed too often.", registry=REGISTRY)
CONSENT = Counter("botkit_consent_total", "STOP, START and HELP.", ["wish"], registry=REGISTRY)
ENDED = Counter(
    "botkit_sessions_ended_total", "Sessions ended, by outcome code.", ["flow", "outcome"], registry=REGISTRY
)
SENT = Counter(
    "botkit_sends_total", "Tries at sending, by what they came to.", ["channel", "outcome"], registry=REGISTRY
)
REQUESTS = Histogram(
    "botkit_webhook_seconds", "Time to a durable acknowledgement.", registry=REGISTRY,
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)  # fmt: skip
WAITING = Gauge("botkit_waiting", "What waits in the store.", ["what"], registry=REGISTRY)
COMMITS = Gauge("botkit_store_commits", "Commits since start, each with one fsync.", registry=REGISTRY)
CHANGES = Gauge("botkit_store_changes", "Changes since start, many to a commit.", registry=REGISTRY)


@lru_cache(maxsize=1_000)
def received(channel: str) -> Counter:
    """The counter of a channel, looked up once: labels cost more than counting."""
    return RECEIVED.labels(channel)


@lru_cache(maxsize=1_000)
def sent(channel: str, outcome: str) -> Counter:
    """The counter of tries at sending."""
    return SENT.labels(channel, outcome)


@lru_cache(maxsize=10_000)
def ended(flow: str, outcome: int) -> Counter:
    """The counter of sessions that ended."""
    return ENDED.labels(flow, str(outcome))
