"""FineTuning: the top layers of an encoder learn to keep a project's intents apart; torch is imported when it begins.

Each intent has a direction of its own, and a text's embedding is to point that way rather than the others': a softmax
over cosines (Wang et al. 2018, NormFace 2017). What is held out says when to stop.
"""

import hashlib
import importlib.util
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
import numpy as np

from nlp.encoder import CARD_FILE, MAX_CHARACTERS, MINILM, EncoderCard, encoder_home, read_card
from nlp.encoder_making import SENTENCES, Tell, keep_encoder
from nlp.errors import InvalidData, InvalidModel, InvalidRequest, Unavailable
from nlp.intent_training import train_intents
from nlp.model_folder import Model, tokenizer_of
from nlp.project import NONE_OF_THESE
from nlp.torch_encoder import TorchEncoder

Array = np.ndarray[Any, Any]
Progress = Callable[[int, int], None]

LAYERS, EPOCHS, PATIENCE = 2, 5, 2
MAX_EPOCHS = 100
SEED = 0

RATE, RATE_OF_DIRECTIONS, DECAY, WARM = 1e-4, 1e-2, 0.01, 0.1
TEMPERATURE, BATCH, LONGEST_STEP = 0.05, 64, 1.0

HELD_OUT, FEWEST_TO_HOLD_OUT = 10, 5
"""One utterance in so many is held out, of the intents that have so many at least."""

SORTED_AT_ONCE = 8 * BATCH
"""Texts of like length learn together, within shares of this size: less padding."""

MAX_KEPT_BYTES = 1 << 30
"""What the fixed layers make of the texts is kept in memory up to this size, else made anew each time."""


def check_torch() -> None:
    """Raises `Unavailable`, with how to get it, where torch is not installed."""
    if importlib.util.find_spec("torch") is None:
        raise Unavailable('fine-tuning needs torch: run `pip install "botkit[transformers]"`')


def refuse_name(name: str) -> None:
    """Raises `InvalidRequest` where an encoder has that name already that was not fine-tuned."""
    home = encoder_home(name)
    if name == MINILM or ((home / CARD_FILE).is_file() and not read_card(home).tuned_from):
        raise InvalidRequest(
            f"{name!r} is the name of an encoder that others are made from: choose another with --name"
        )


def keep_tuned(model: Model, tuned: Model, name: str, *, tell: Tell = lambda text: None) -> EncoderCard:
    """Make an encoder of a tuned model, proved by torch's output too, and keep it; raises as `keep_encoder` does."""
    encoder = TorchEncoder(tuned.shape, tuned.weights, 1)
    original = encoder.embed(Rows(encoder, tuned, SENTENCES)).numpy()
    return keep_encoder(tuned, name, tuned_from=model.weights_sha256, original=original, tell=tell)


class TuningReport(msgspec.Struct, frozen=True):
    """What was learnt from, and what came of it.

    `losses` are those of the held-out utterances with the encoder as it was, then after each epoch; `best` is the epoch
    that is kept, 0 where none was better. `before` and `after` are the accuracies (%) of the tier onnx on the held-out
    utterances, when it is trained on the others; since these chose the epoch, `after` is a little flattered.
    """

    utterances: int
    held_out: int
    intents: int
    layers: int
    best: int
    losses: tuple[float, ...]
    before: float
    after: float


def fine_tune(
    model: Model, texts: Sequence[str], intents: Sequence[str], *, layers: int = LAYERS, epochs: int = EPOCHS,
    seed: int = SEED, progress: Progress | None = None,
) -> tuple[Model, TuningReport]:  # fmt: skip
    """The model with its top layers tuned to the intents, as after the epoch at which held-out utterances fare best.

    The same utterances, settings and number of threads give the same bits on one machine. Raises `Unavailable` without
    torch, `InvalidModel` for more layers than there are, `InvalidData` for too few utterances.
    """
    check_torch()
    import torch

    if not 1 <= layers <= model.shape.num_hidden_layers:
        raise InvalidModel(f"the model has {model.shape.num_hidden_layers} layers: {layers} of them cannot be tuned")
    labels = sorted(set(intents))
    truth = np.array([labels.index(intent) for intent in intents], dtype=np.int64)
    random = np.random.default_rng(seed)
    held = held_out(truth, [label == NONE_OF_THESE for label in labels], random)
    if len(labels) < 2 or not held.any():
        raise InvalidData(
            "intents", 0, f"fine-tuning needs two intents or more, one with {FEWEST_TO_HOLD_OUT} utterances at least"
        )
    learnt = np.flatnonzero(~held)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = TorchEncoder(model.shape, model.weights, layers)
        rows = Rows(encoder, model, texts)
        directions = _middles(encoder.embed([rows[number] for number in learnt]), truth[learnt]).requires_grad_()
        parts = ((list(encoder.learning.values()), RATE), ([directions], RATE_OF_DIRECTIONS))
        optimizer = torch.optim.AdamW([{"params": part, "lr": rate} for part, rate in parts], weight_decay=DECAY)
        steps = epochs * -(-len(learnt) // BATCH)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _share(step, steps))
        best, kept = 0, encoder.weights()
        vectors = (encoder.embed(rows).numpy(),) * 2
        marks = [_loss(encoder, rows, truth, held, directions)]
        done = 0
        for epoch in range(1, epochs + 1):
            for batch in batches(learnt, rows, random):
                embedded = encoder.above([rows[number] for number in batch], learning=True)
                likeness = embedded @ torch.nn.functional.normalize(directions, dim=1).T / TEMPERATURE
                loss = torch.nn.functional.cross_entropy(likeness, torch.from_numpy(truth[batch]))
                optimizer.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(list(encoder.learning.values()), LONGEST_STEP)
                optimizer.step()
                schedule.step()
                done += 1
                if progress is not None:
                    progress(done, steps)
            marks.append(_loss(encoder, rows, truth, held, directions))
            if marks[-1] < marks[best]:
                best, kept, vectors = epoch, encoder.weights(), (vectors[0], encoder.embed(rows).numpy())
            elif epoch - best >= PATIENCE:
                break
    before, after = (_accuracy(texts, intents, held, found) for found in vectors)
    report = TuningReport(
        utterances=len(texts), held_out=int(held.sum()), intents=len(labels), layers=layers, best=best,
        losses=tuple(round(loss, 4) for loss in marks), before=round(100 * before, 2), after=round(100 * after, 2),
    )  # fmt: skip
    return msgspec.structs.replace(model, weights=kept, weights_sha256=digest(kept)), report


class Rows(Sequence[Any]):
    """What the fixed layers make of each text, kept as far as there is room."""

    def __init__(self, encoder: Any, model: Model, texts: Sequence[str]) -> None:
        tokenizer = tokenizer_of(model)
        self.ids: list[list[int]] = [tokenizer.encode(text[:MAX_CHARACTERS]).ids for text in texts]
        self._encoder = encoder
        self._room = MAX_KEPT_BYTES // (4 * model.shape.hidden_size)
        self._kept: dict[int, Any] = {}

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, number: Any) -> Any:
        if not 0 <= number < len(self.ids):
            raise IndexError(number)
        row = self._kept.get(number)
        if row is None:
            row = self._encoder.below(self.ids[number])
            if self._room >= len(row):
                self._room -= len(row)
                self._kept[number] = row
        return row


def held_out(truth: Array, left_alone: Sequence[bool], random: np.random.Generator) -> Array:
    """Which rows are held out: the same share of each label that is not left alone and has enough."""
    held = np.zeros(len(truth), dtype=bool)
    for label, alone in enumerate(left_alone):
        mine = np.flatnonzero(truth == label)
        if not alone and len(mine) >= FEWEST_TO_HOLD_OUT:
            held[random.permutation(mine)[: max(1, round(len(mine) / HELD_OUT))]] = True
    return held


def batches(learnt: Array, rows: Rows, random: np.random.Generator) -> Iterator[Array]:
    """All rows that are learnt from, once, in random batches of texts of about the same length."""
    order = random.permutation(learnt)
    found = []
    for start in range(0, len(order), SORTED_AT_ONCE):
        some = sorted(order[start : start + SORTED_AT_ONCE].tolist(), key=lambda number: len(rows.ids[number]))
        found += [np.array(some[at : at + BATCH]) for at in range(0, len(some), BATCH)]
    for number in random.permutation(len(found)):
        yield found[number]


def digest(weights: dict[str, Array]) -> str:
    """The SHA-256 of weights, as a file of them would have it."""
    from safetensors.numpy import save

    return hashlib.sha256(save(weights)).hexdigest()


def _share(step: int, steps: int) -> float:
    """The share of the full rate: it grows over the first steps, then falls to nothing at the last."""
    warm = max(1, int(WARM * steps))
    return min((step + 1) / warm, max(0.0, (steps - step) / max(1, steps - warm)))


def _middles(embedded: Any, truth: Array) -> Any:
    """The mean embedding of each label."""
    import torch

    count = int(truth.max()) + 1
    sums = torch.zeros(count, embedded.shape[1]).index_add_(0, torch.from_numpy(truth), embedded)
    return torch.nn.functional.normalize(sums, dim=1)


def _loss(encoder: Any, rows: Rows, truth: Array, held: Array, directions: Any) -> float:
    """The loss of the held-out rows."""
    import torch

    numbers = np.flatnonzero(held)
    with torch.no_grad():
        embedded = encoder.embed([rows[number] for number in numbers])
        likeness = embedded @ torch.nn.functional.normalize(directions, dim=1).T / TEMPERATURE
        return float(torch.nn.functional.cross_entropy(likeness, torch.from_numpy(truth[numbers])))


class _Vectors:
    """An encoder that knows these texts only."""

    fingerprint = ""

    def __init__(self, texts: Sequence[str], vectors: Array) -> None:
        self._known = dict(zip(texts, vectors, strict=True))

    def embed(self, texts: Sequence[str]) -> Array:
        return np.stack([self._known[text] for text in texts])


def _accuracy(texts: Sequence[str], intents: Sequence[str], held: Array, vectors: Array) -> float:
    """The share of held-out texts that the tier onnx ranks rightly when it is trained on the others."""
    learnt, asked = np.flatnonzero(~held).tolist(), np.flatnonzero(held).tolist()
    encoder = _Vectors(texts, vectors)
    model = train_intents([texts[i] for i in learnt], [intents[i] for i in learnt], tier="onnx", encoder=encoder)
    ranked = model.scores_many([texts[i] for i in asked])
    right = sum(bool(row) and row[0].intent == intents[i] for row, i in zip(ranked, asked, strict=True))
    return right / len(asked)
