"""SlotModel: finds values that were never listed by the words around them, as the marked utterances taught it.

A conditional random field over words (Lafferty, McCallum and Pereira 2001): each word begins a slot, goes on with one,
or is outside; weights of features and of pairs of neighbours say how likely each way through the text is.
"""

import hashlib
import io
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from models.utterance import Entity
from nlp.errors import InvalidModel
from nlp.intent_model import replace_file
from nlp.slot_features import Word, features_of, words_of

Array = np.ndarray[Any, Any]

FORMAT = 2
ARRAYS_FILE = "slots.npz"
CARD_FILE = "slots.json"
ARRAYS = ("features", "steps", "transitions", "weights")
MAX_TAGS = 401
OUTSIDE = 0
NEVER = np.float32(-1e9)
SOURCE = "learnt"
HYPHENS = "-\u2010\u2011"


class SlotCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a model finds, and the hashes that tell whether it is still itself."""

    format: int
    key: str
    entities: tuple[str, ...]
    arrays_sha256: str
    card_sha256: str
    """The hash of all else in the card."""

    @property
    def digest(self) -> str:
        """What `card_sha256` has to be."""
        return hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(self, card_sha256=""))).hexdigest()


class SlotModel:
    """Tags are numbers: 0 is outside, `2 i + 1` begins entity `i`, `2 i + 2` goes on with it.

    `weights` (a row a feature, a column a tag) are 8 bits wide, and `steps` is what 1 means in each row;
    `transitions[a, b]` speaks for tag `b` after tag `a`.
    """

    def __init__(
        self, entities: Sequence[str], features: Sequence[str], weights: Array, steps: Array, transitions: Array
    ) -> None:
        self.entities = tuple(entities)
        self.features = {feature: row for row, feature in enumerate(features)}
        self.weights = weights
        self.steps = steps
        self.transitions = transitions
        legal, first = legal_tags(len(self.entities))
        self._first = first
        self._ways = np.where(legal, transitions, NEVER)
        self._legal_ways = np.where(legal, np.exp(transitions), np.float32(0))

    def find(self, text: str, threshold: float = 0.5, known: Sequence[Entity] = ()) -> list[Entity]:
        """The slots of the likeliest way through the text, each at least as sure as `threshold` at every word.

        `known` are the entities in it that rules have found.
        """
        words = words_of(text)
        if not words:
            return []
        says = self._says(words, known)
        path = self._path(says)
        if not any(path):
            return []
        sure = chances(says, self._legal_ways, self._first)[0]
        found: list[Entity] = []
        for start, end, entity in unbroken(spans_of(path), words):
            confidence = float(min(sure[at, path[at]] for at in range(start, end)))
            if confidence >= threshold:
                begin, stop = words[start].start, words[end - 1].end
                said = text[begin:stop]
                found.append(Entity(self.entities[entity], said, said, begin, stop, SOURCE, round(confidence, 4)))
        return found

    def _says(self, words: Sequence[Word], entities: Sequence[Entity]) -> Array:
        """What the features of each word say for each tag."""
        known = self.features
        rows: list[int] = []
        starts: list[int] = []
        for own, around in features_of(words, entities):
            starts.append(len(rows))
            rows += [known[feature] for feature in around if feature in known]
            rows += [known[feature] for feature in own if feature in known]
        parts = self.weights[rows].astype(np.float32) * self.steps[rows, None]
        says: Array = np.add.reduceat(parts, starts, axis=0)  # the feature "any" is in every word
        return says

    def _path(self, says: Array) -> list[int]:
        """The likeliest tags (Viterbi 1967)."""
        best = np.where(self._first, says[0], NEVER)
        back: list[Array] = []
        columns = np.arange(says.shape[1])
        for row in says[1:]:
            scores = best[:, None] + self._ways
            came = scores.argmax(axis=0)
            back.append(came)
            best = scores[came, columns] + row
        path = [int(best.argmax())]
        for came in reversed(back):
            path.append(int(came[path[-1]]))
        return path[::-1]

    def save(self, folder: Path, key: str) -> None:
        """Write the model; the same model gives the same bytes. The card is written last."""
        arrays = io.BytesIO()
        np.savez(
            arrays, features=np.frombuffer("\n".join(self.features).encode(), dtype=np.uint8),
            steps=self.steps.astype("<f4"), transitions=self.transitions.astype("<f4"),
            weights=self.weights.astype("i1"),
        )  # fmt: skip
        digest = hashlib.sha256(arrays.getvalue()).hexdigest()
        card = SlotCard(format=FORMAT, key=key, entities=self.entities, arrays_sha256=digest, card_sha256="")
        card = msgspec.structs.replace(card, card_sha256=card.digest)
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(folder / ARRAYS_FILE, arrays.getvalue())
        replace_file(folder / CARD_FILE, msgspec.json.format(msgspec.json.encode(card), indent=2) + b"\n")


def load_slots(folder: Path, key: str = "") -> SlotModel:
    """A model that `save` wrote; raises `InvalidModel` with the reason if it is not as it was written."""
    try:
        card = msgspec.json.decode((folder / CARD_FILE).read_bytes(), type=SlotCard)
        data = (folder / ARRAYS_FILE).read_bytes()
    except OSError as error:
        raise InvalidModel(f"the model of slots cannot be read ({error.strerror})", "train it again") from None
    except msgspec.MsgspecError as error:
        raise _damaged(f"{CARD_FILE}: {error}") from None
    if card.format != FORMAT:
        raise _damaged(f"it has format {card.format}, this version reads {FORMAT}")
    if card.card_sha256 != card.digest:
        raise _damaged(f"{CARD_FILE} was changed after training")
    if key and card.key != key:
        raise _damaged("it was trained from other data, settings or code")
    if hashlib.sha256(data).hexdigest() != card.arrays_sha256:
        raise _damaged(f"{ARRAYS_FILE} was changed after training")
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return _model(card, {name: arrays[name] for name in ARRAYS})
    except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise _damaged(f"{ARRAYS_FILE}: {error}") from None


def _model(card: SlotCard, arrays: dict[str, Array]) -> SlotModel:
    features = arrays["features"].tobytes().decode().split("\n")
    tags = 2 * len(card.entities) + 1
    if "any" not in features or tags > MAX_TAGS:
        raise ValueError("the features or entities are not those of a model")
    if arrays["weights"].dtype != np.int8 or arrays["weights"].shape != (len(features), tags):
        raise ValueError("the size of the weights is wrong")
    for name, shape in (("steps", (len(features),)), ("transitions", (tags, tags))):
        if arrays[name].dtype != np.float32 or arrays[name].shape != shape or not np.isfinite(arrays[name]).all():
            raise ValueError(f"the {name} are wrong")
    return SlotModel(card.entities, features, arrays["weights"], arrays["steps"], arrays["transitions"])


def _damaged(reason: str) -> InvalidModel:
    return InvalidModel(f"the model of slots is refused: {reason}", "train it again")


def legal_tags(entities: int) -> tuple[Array, Array]:
    """Which tag may follow which, and which may be the first: nothing goes on that has not begun."""
    tags = 2 * entities + 1
    goes_on = np.zeros(tags, dtype=bool)
    goes_on[2::2] = True
    legal = np.repeat(~goes_on[None, :], tags, axis=0)
    for begins in range(1, tags, 2):
        legal[begins, begins + 1] = legal[begins + 1, begins + 1] = True
    return legal, ~goes_on


def spans_of(path: Sequence[int]) -> list[tuple[int, int, int]]:
    """(first word, word after the last, entity) of each slot on a way through a text."""
    found: list[tuple[int, int, int]] = []
    for at, tag in enumerate(path):
        if tag == OUTSIDE:
            continue
        if tag % 2:
            found.append((at, at + 1, tag // 2))
        else:
            found[-1] = (found[-1][0], at + 1, found[-1][2])
    return found


def unbroken(spans: list[tuple[int, int, int]], words: Sequence[Word]) -> list[tuple[int, int, int]]:
    """Spans that do not end within words joined by hyphens, unless the rest is another's: "Jean" is not "Jean-Luc"."""

    def joined(hyphen: int) -> bool:
        before, at, after = words[hyphen - 1 : hyphen + 2]
        return (
            at.text in HYPHENS and before.end == at.start and at.end == after.start
            and before.text.isalpha() and after.text.isalpha()
        )  # fmt: skip

    found: list[tuple[int, int, int]] = []
    for number, (begin, stop, entity) in enumerate(spans):
        start, end = begin, stop
        free_from = found[-1][1] if found else 0
        free_to = spans[number + 1][0] if number + 1 < len(spans) else len(words)
        while end + 2 <= free_to and joined(end):
            end += 2
        while start - 2 >= free_from and joined(start - 1):
            start -= 2
        found.append((start, end, entity))
    return found


def chances(says: Array, ways: Array, first: Array) -> tuple[Array, Array]:
    """The chance of each tag at each word, and the sum over words of that of each pair of tags (forward-backward).

    `ways` are the exponentials of legal transitions, 0 for the others.
    """
    said = np.exp(says - says.max(axis=1, keepdims=True))
    count = len(said)
    ahead, behind = np.empty_like(said), np.ones_like(said)
    row = said[0] * first
    ahead[0] = row / row.sum()
    for at in range(1, count):
        row = (ahead[at - 1] @ ways) * said[at]
        ahead[at] = row / row.sum()
    for at in range(count - 2, -1, -1):
        row = ways @ (behind[at + 1] * said[at + 1])
        behind[at] = row / row.sum()
    single = ahead * behind
    single /= single.sum(axis=1, keepdims=True)
    then = behind[1:] * said[1:]
    whole = ((ahead[:-1] @ ways) * then).sum(axis=1, keepdims=True)
    return single, ((ahead[:-1] / whole).T @ then) * ways
