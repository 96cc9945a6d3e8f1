"""Clinc: a project with the 150 intents of CLINC150, for what is measured at a size that hurts."""

import json
from pathlib import Path

from bench.nlp import Absent
from nlp.errors import Unavailable
from nlp.pipeline import load_pipeline
from nlp.project import read_project
from nlp.training import train

DATA = Path("../shared/data/clinc150/data_full.json")
NAME = "CLINC150, 150 intents"
TIERS: dict[str, tuple[object, ...]] = {
    "default": ("language", "tokens", "entities", "intents", "sentiment", "profanity"),
    "onnx": ("language", "tokens", "entities", {"kind": "intents", "tier": "onnx"}, "sentiment", "profanity"),
}
"""The components of each tier's whole pipeline."""

PARTS = ("language", "tokens", "entities", "intent", "sentiment", "profanity")


def data_file() -> Path:
    """Where the data lies, beside the checkout or above it; raises `Absent`."""
    here = Path(__file__).resolve()
    for folder in here.parents:
        for found in (folder / DATA, folder / "shared" / DATA.relative_to("../shared")):
            if found.is_file():
                return found
    raise Absent(f"{DATA} is not there")


def make_project(folder: Path, tier: str) -> Path:
    """A trained project in `folder`; returns its nlp folder. Models lie in `folder`/models."""
    found = json.loads(data_file().read_text("utf-8"))
    intents: dict[str, list[str]] = {}
    for text, intent in found["train"]:
        intents.setdefault(intent, []).append(text)
    home = folder / "nlp"
    (home / "intents").mkdir(parents=True)
    rows = [{"intent": intent, "examples": texts} for intent, texts in intents.items()]
    rows.append({"intent": "none_of_these", "examples": [text for text, _ in found["oos_train"]]})
    (home / "intents" / "clinc.yaml").write_text(json.dumps(rows, ensure_ascii=False), "utf-8")
    (home / "pipeline.yaml").write_text(json.dumps({"components": TIERS[tier]}), "utf-8")
    try:
        train(home, folder / "models")
    except Unavailable as reason:
        raise Absent(f"tier {tier}: {reason}") from None
    load_pipeline(read_project(home), models=folder / "models").warm(PARTS)
    return home


def texts(count: int) -> list[str]:
    """Messages that nothing was trained on, the same ones every time."""
    found = json.loads(data_file().read_text("utf-8"))
    rows = [*found["val"], *found["oos_val"]]
    return [text for text, _ in rows[:: max(1, len(rows) // count)]][:count]
