"""Encoder: a text as a point among its likes: a sentence embedding, by a graph that `botkit nlp get-model` made."""

import hashlib
import os
import sys
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import msgspec

from nlp.errors import InvalidModel, Unavailable

if TYPE_CHECKING:
    import numpy as np

FORMAT = 3
MINILM = "minilm"
CARD_FILE, GRAPH_FILE, TOKENIZER_FILE = "encoder.json", "encoder.onnx", "tokenizer.json"
MAX_WORDS = 128
MAX_CHARACTERS = 2_000
"""What is read of a text: more would be cut to `MAX_WORDS` pieces of words anyway."""

LOT_TEXTS, LOT_WORDS = 16, 512
"""Texts of one length that run together, and pieces of words in them: more saves no time, and takes memory."""

REMEMBERED = 2_000
MAX_CARD_BYTES = 65_536
MAX_GRAPH_BYTES = 2 << 30


class EncoderCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an encoder was made of, and how near it is to the original (cosines on a set of sentences)."""

    format: int
    name: str
    dimension: int
    weights_sha256: str
    graph_sha256: str
    tokenizer_sha256: str
    mean_cosine: float
    least_cosine: float
    made_by: str = ""
    tuned_from: str = ""
    """The SHA-256 of the weights that it was fine-tuned from, for intents only; empty where it was not."""

    @property
    def fingerprint(self) -> str:
        """What tells whether vectors are of the same encoder."""
        parts = f"{self.weights_sha256} {self.graph_sha256} {self.tokenizer_sha256}"
        return hashlib.sha256(parts.encode()).hexdigest()


class Encoder:
    """Embeds texts, alone or those of one length together: a text has the same bits either way.

    Not for two threads at once.
    """

    def __init__(self, card: EncoderCard, graph: bytes, tokenizer: str) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        self.name = card.name
        self.dimension = card.dimension
        self.fingerprint = card.fingerprint
        self.tuned = bool(card.tuned_from)
        self._tokenizer = Tokenizer.from_str(tokenizer)
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_WORDS)
        self._session = onnxruntime.InferenceSession(graph, _options(), providers=["CPUExecutionProvider"])
        self._known: OrderedDict[str, Any] = OrderedDict()

    @property
    def width(self) -> int:
        """How many numbers the graph makes of a text. Not every graph says so: it is tried."""
        return len(self._all(["."])[0][0])

    def embed(self, texts: Sequence[str]) -> "np.ndarray[Any, Any]":
        """A row for each text, of length 1, as float32. Recent texts are remembered."""
        import numpy as np

        rows = np.empty((len(texts), self.dimension), dtype=np.float32)
        for number, found in enumerate(self._all(texts)):
            rows[number] = found[0]
        return rows

    def words(self, texts: Sequence[str]) -> "list[np.ndarray[Any, Any]]":
        """For each text its pieces of words as they are meant there: rows of 8-bit numbers, for `WordLikeness`."""
        return [found[1] for found in self._all(texts)]

    def _all(self, texts: Sequence[str]) -> list[Any]:
        """The row of each text, and the rows of its words."""
        read = [text[:MAX_CHARACTERS] for text in texts]
        found: dict[str, Any] = {}
        by_length: dict[int, list[tuple[str, list[int]]]] = {}
        for text in dict.fromkeys(read):
            known = self._known.get(text)
            if known is not None:
                self._known.move_to_end(text)
                found[text] = known
                continue
            ids = self._tokenizer.encode(text).ids
            by_length.setdefault(len(ids), []).append((text, ids))
        for length, alike in by_length.items():
            lot = max(1, min(LOT_TEXTS, LOT_WORDS // length))
            for start in range(0, len(alike), lot):
                some = alike[start : start + lot]
                found.update(zip((text for text, _ in some), self._run([ids for _, ids in some]), strict=True))
        self._known.update(found)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return [found[text] for text in read]

    def _run(self, lot: list[list[int]]) -> list[Any]:
        """Some texts of one length, as the pieces of their words."""
        import numpy as np

        from nlp.word_likeness import packed_words

        ids = np.array(lot, dtype=np.int64)
        places = np.arange(ids.shape[1], dtype=np.int64)[None]
        rows, words = self._session.run(["embedding", "words"], {"ids": ids, "positions": places})
        within = words[:, 1:-1] if words.shape[1] > 2 else words  # the marks of start and end are no words
        return [(row.copy(), packed_words(pieces)) for row, pieces in zip(rows, within, strict=True)]


def _options() -> Any:
    """One thread, so that the sums are made in one order; and no arena, which would keep what the longest text took."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    return options


def data_home() -> Path:
    """The user's own data folder: `BOTKIT_DATA`, else where the system keeps such things."""
    if chosen := os.environ.get("BOTKIT_DATA"):
        return Path(chosen)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "botkit"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "botkit"


def encoder_home(name: str = MINILM) -> Path:
    """Where an encoder lies that was made on this machine."""
    return data_home() / "encoders" / name


def load_encoder(source: str = MINILM) -> Encoder:
    """An encoder by its name, or by the folder in which it lies.

    Raises `Unavailable`, with how to get it, where it is not there, and `InvalidModel` where it was changed.
    """
    home = find_encoder(source)
    try:
        return _load(home)
    except ImportError as error:
        raise Unavailable(f'the sentence encoder needs {error.name}: run `pip install "botkit[onnx]"`') from None


def shared_encoder(source: str = MINILM) -> Encoder:
    """`load_encoder`, once for all components of a process that use the same files: it takes 100 MB.

    They also share what it remembers: a text that two components ask about is embedded once.
    """
    home = find_encoder(source)
    name = (str(home.resolve()), read_card(home).fingerprint)
    encoder = _SHARED.get(name)
    if encoder is None:
        encoder = _SHARED[name] = load_encoder(source)
    return encoder


_SHARED: "WeakValueDictionary[tuple[str, str], Encoder]" = WeakValueDictionary()
"""They go when the last component that uses them goes."""


def load_general_encoder(source: str, use: str) -> Encoder:
    """`shared_encoder`, where it is used for more than the intents of a project.

    Raises `InvalidModel`, with what it was asked for, for one that was fine-tuned: it hears differences of intents, and
    has forgotten others.
    """
    encoder = shared_encoder(source)
    if encoder.tuned:
        raise InvalidModel(f"{source!r} was fine-tuned to intents and serves them only: name another for {use}")
    return encoder


def find_encoder(source: str = MINILM) -> Path:
    """The folder of an encoder; raises `Unavailable`, with how to get it, where it is not there."""
    home = Path(source) if "/" in source else encoder_home(source)
    if not (home / CARD_FILE).is_file():
        command = "botkit nlp get-model" if source == MINILM else f"botkit nlp get-model --name {source} --from FOLDER"
        raise Unavailable(f"the sentence encoder {source!r} is not on this machine: run `{command}`")
    return home


def check_encoder(source: str) -> None:
    """Raises `Unavailable` or `InvalidModel` where an encoder is not there, or its card is refused."""
    read_card(find_encoder(source))


def read_card(home: Path) -> EncoderCard:
    """The card of an encoder; raises `InvalidModel`."""
    try:
        data = (home / CARD_FILE).read_bytes()
        if len(data) > MAX_CARD_BYTES:
            raise _refused(home, f"{CARD_FILE} is larger than a card is")
        card = msgspec.json.decode(data, type=EncoderCard)
    except (OSError, msgspec.MsgspecError) as error:
        raise _refused(home, f"{CARD_FILE}: {error}") from None
    if card.format != FORMAT:
        raise _refused(home, f"it has format {card.format}, this version reads {FORMAT}")
    return card


def _load(home: Path) -> Encoder:
    card = read_card(home)
    try:
        graph, tokenizer = (home / GRAPH_FILE).read_bytes(), (home / TOKENIZER_FILE).read_bytes()
    except OSError as error:
        raise _refused(home, f"{error.filename}: {error.strerror}") from None
    if hashlib.sha256(graph).hexdigest() != card.graph_sha256:
        raise _refused(home, f"{GRAPH_FILE} was changed after it was made")
    if hashlib.sha256(tokenizer).hexdigest() != card.tokenizer_sha256:
        raise _refused(home, f"{TOKENIZER_FILE} was changed after it was made")
    encoder = Encoder(card, graph, tokenizer.decode())
    if encoder.width != card.dimension:
        raise _refused(home, f"{CARD_FILE} has dimension {card.dimension}, and {GRAPH_FILE} {encoder.width}")
    return encoder


def _again(home: Path) -> str:
    """The command that makes an encoder."""
    if home == encoder_home():
        return "`botkit nlp get-model`"
    return f"`botkit nlp get-model --name {home.name} --from FOLDER`, or tuning it again,"


def _refused(home: Path, reason: str) -> InvalidModel:
    return InvalidModel(f"the sentence encoder in {home} is refused: {reason}; {_again(home)} makes it anew")
