"""FineTuning: the top layers of an encoder learn to keep a project's intents apart; torch is imported when it begins.

They learn by `contrast.py`; utterances that are held out say when to stop, and whether it was worth it.
"""

import hashlib
import importlib.util
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
import numpy as np

from nlp.contrast import FEWEST_TO_HOLD_OUT, batches, contrastive_loss, held_out, held_out_loss, some
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
SEED = 0

RATE, DECAY, WARM, LONGEST_STEP = 1e-4, 0.01, 0.1, 1.0
"""Chosen, with the loss, on parts of the training data of BANKING77 (nlp/README.md says with what figures)."""

GUIDES = 20
"""So many utterances of an intent make the middle by which held-out ones are told apart."""

FEW = 2_000
"""With fewer utterances than this, what was held out is learnt from too, once it has said for how many epochs."""

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
    numbers = {label: number for number, label in enumerate(labels)}
    truth = np.array([numbers[intent] for intent in intents], dtype=np.int64)
    random = np.random.default_rng(seed)
    held = held_out(truth, [label == NONE_OF_THESE for label in labels], random)
    if len(labels) < 2 or not held.any():
        raise InvalidData(
            "intents", 0, f"fine-tuning needs two intents or more, one with {FEWEST_TO_HOLD_OUT} utterances at least"
        )
    nothing = numbers.get(NONE_OF_THESE)
    with torch.random.fork_rng(devices=[]):
        encoder = TorchEncoder(model.shape, model.weights, layers)
        rows = Rows(encoder, model, texts)
        lesson = _Lesson(model, layers, rows, truth, nothing, epochs, seed, progress)
        losses, best = lesson.watched(held)
        before = _accuracy(texts, intents, held, _AsEncoder(encoder, model, texts, rows))
        tuned = TorchEncoder(model.shape, lesson.kept, layers)
        after = _accuracy(texts, intents, held, _AsEncoder(tuned, model, texts, rows)) if best else before
        if best and len(texts) < FEW:
            lesson = _Lesson(model, layers, rows, truth, nothing, epochs, seed, progress)
            lesson.go(np.arange(len(texts)), best)
    report = TuningReport(
        utterances=len(texts), held_out=int(held.sum()), intents=len(labels), layers=layers, best=best,
        losses=tuple(round(loss, 4) for loss in losses), before=round(100 * before, 2), after=round(100 * after, 2),
    )  # fmt: skip
    return msgspec.structs.replace(model, weights=lesson.kept, weights_sha256=digest(lesson.kept)), report


class _Lesson:
    """An encoder that goes through the utterances; `kept` are its weights after the best epoch so far."""

    def __init__(
        self, model: Model, layers: int, rows: "Rows", truth: Array, nothing: int | None, epochs: int, seed: int,
        progress: Progress | None,
    ) -> None:  # fmt: skip
        import torch

        torch.manual_seed(seed)
        self._torch = torch
        self._encoder = TorchEncoder(model.shape, model.weights, layers)
        self._rows, self._truth, self._nothing, self._epochs = rows, truth, nothing, epochs
        self._random = np.random.default_rng(seed)
        self._progress = progress
        self.kept = self._encoder.weights()

    def go(self, learnt: Array, epochs: int) -> None:
        """The first so many of the epochs."""
        for _ in zip(range(epochs), self._epoch(learnt), strict=False):
            self.kept = self._encoder.weights()

    def watched(self, held: Array) -> tuple[list[float], int]:
        """Losses of what is held out, before the first epoch and after each, and the best epoch, 0 for none."""
        learnt = np.flatnonzero(~held)
        seen = np.concatenate([np.flatnonzero(held), *(some(learnt, self._truth, GUIDES))])
        losses, best = [self._loss(seen, held)], 0
        for epoch in self._epoch(learnt):
            losses.append(self._loss(seen, held))
            if losses[-1] < losses[best]:
                best, self.kept = epoch, self._encoder.weights()
            elif epoch - best >= PATIENCE:
                break
        return losses, best

    def _loss(self, seen: Array, held: Array) -> float:
        embedded = self._encoder.embed([self._rows[number] for number in seen]).numpy()
        return held_out_loss(embedded, self._truth[seen], held[seen], self._nothing)

    def _epoch(self, learnt: Array) -> Iterator[int]:
        torch, done = self._torch, 0
        tensors = list(self._encoder.learning.values())
        optimizer = torch.optim.AdamW(tensors, lr=RATE, weight_decay=DECAY)
        steps = self._epochs * len(batches(learnt, self._truth, np.random.default_rng(0)))
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _share(step, steps))
        for epoch in range(1, self._epochs + 1):
            for batch in batches(learnt, self._truth, self._random):
                embedded = self._encoder.above([self._rows[number] for number in batch], learning=True)
                loss = contrastive_loss(embedded, torch.from_numpy(self._truth[batch]), self._nothing)
                optimizer.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(tensors, LONGEST_STEP)
                optimizer.step()
                schedule.step()
                done += 1
                if self._progress is not None:
                    self._progress(done, steps)
            yield epoch


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


def digest(weights: dict[str, Array]) -> str:
    """The SHA-256 of weights, as a file of them would have it."""
    from safetensors.numpy import save

    return hashlib.sha256(save(weights)).hexdigest()


def _share(step: int, steps: int) -> float:
    """The share of the full rate: it grows over the first steps, then falls to nothing at the last."""
    warm = max(1, int(WARM * steps))
    return min((step + 1) / warm, max(0.0, (steps - step) / max(1, steps - warm)))


class _AsEncoder:
    """What the tier onnx asks of an encoder, by one in torch; the `rows` of some texts are there already."""

    fingerprint = ""

    def __init__(self, encoder: TorchEncoder, model: Model, texts: Sequence[str], rows: Rows) -> None:
        self._encoder, self._model = encoder, model
        self._known = dict(zip(texts, encoder.embed(rows).numpy(), strict=True))

    def embed(self, texts: Sequence[str]) -> Array:
        strange = [text for text in dict.fromkeys(texts) if text not in self._known]  # names, texts without courtesy
        if strange:
            vectors = self._encoder.embed(Rows(self._encoder, self._model, strange)).numpy()
            self._known.update(zip(strange, vectors, strict=True))
        return np.stack([self._known[text] for text in texts])


def _accuracy(texts: Sequence[str], intents: Sequence[str], held: Array, encoder: Any) -> float:
    """The share of held-out texts that the tier onnx ranks rightly when it is trained on the others."""
    learnt, asked = np.flatnonzero(~held).tolist(), np.flatnonzero(held).tolist()
    model = train_intents([texts[i] for i in learnt], [intents[i] for i in learnt], tier="onnx", encoder=encoder)
    ranked = model.scores_many([texts[i] for i in asked])
    right = sum(bool(row) and row[0].intent == intents[i] for row, i in zip(ranked, asked, strict=True))
    return right / len(asked)
