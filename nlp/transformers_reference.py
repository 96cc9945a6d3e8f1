"""TransformersReference: what the library transformers makes of texts: proof that a folder is read rightly."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlp.bert_graph import Pooling
from nlp.errors import InvalidModel

Array = np.ndarray[Any, Any]


def has_transformers() -> bool:
    """Whether the extra `transformers` is installed; nothing of it is imported."""
    return all(importlib.util.find_spec(name) is not None for name in ("torch", "transformers"))


def transformers_embeddings(folder: Path, pooling: Pooling, rows_of_ids: Sequence[Sequence[int]]) -> Array:
    """A row for each text, of length 1, as float32. The folder is read as data: no code of it is run.

    Raises `InvalidModel` where the library cannot read the folder.
    """
    import torch
    from transformers import AutoModel
    from transformers.utils import logging

    quiet: Any = logging
    quiet.set_verbosity_error()  # of parts that many folders do not have, and that are not used
    quiet.disable_progress_bar()
    try:
        model = AutoModel.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False, use_safetensors=True, dtype=torch.float32
        ).eval()
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise InvalidModel(f"{folder}: transformers cannot read it: {str(error)[:300]}") from None
    found = []
    with torch.no_grad():
        for ids in rows_of_ids:
            row = model(input_ids=torch.tensor([list(ids)])).last_hidden_state[0]
            pooled = {"mean": row.mean(dim=0), "max": row.amax(dim=0), "cls": row[0]}[pooling]
            found.append(torch.nn.functional.normalize(pooled, dim=0).numpy())
    return np.stack(found).astype(np.float32)
