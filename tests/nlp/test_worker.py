"""The worker process and its frames, on their own."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.frames import (
    LENGTH,
    MAX_FRAME_BYTES,
    Answer,
    BadFrame,
    Request,
    body_length,
    decode_answer,
    decode_request,
    encode,
)
from nlp.worker import make_pipeline

ROOT = Path(__file__).parents[2]


def talk(folder: Path, models: Path, data: bytes) -> tuple[int, list[Answer]]:
    """What a worker that gets these bytes, and then the end, says; and its exit status."""
    done = subprocess.run(
        [sys.executable, "-m", "nlp.worker", str(folder), str(models), "intent"],
        input=data, capture_output=True, cwd=ROOT, timeout=60,
    )  # fmt: skip
    answers, rest = [], done.stdout
    while rest:
        end = LENGTH.size + body_length(rest[: LENGTH.size])
        answers.append(decode_answer(rest[LENGTH.size : end]))
        rest = rest[end:]
    return done.returncode, answers


@pytest.mark.parametrize(
    "data", [b"\x00", LENGTH.pack(MAX_FRAME_BYTES + 1), LENGTH.pack(3) + b"abc", LENGTH.pack(50) + b"abc"]
)
def test_a_broken_stream_ends_the_worker(project_folder: Path, models: Path, data: bytes) -> None:
    status, answers = talk(project_folder, models, data)
    assert status == 2
    assert answers == [Answer(0)]


def test_the_end_of_its_input_ends_the_worker(project_folder: Path, models: Path) -> None:
    assert talk(project_folder, models, b"") == (0, [Answer(0)])


def test_wrong_settings_are_the_greeting(tmp_path: Path) -> None:
    (tmp_path / "pipeline.yaml").write_text("components: [mind]")
    status, answers = talk(tmp_path, tmp_path / "models", b"")
    assert status == 1
    assert "unknown component 'mind'" in answers[0].error
    assert answers[0].code == "invalid_pipeline"


@given(
    request_=st.builds(
        Request, id=st.integers(0, 2**40), text=st.text(max_size=50), want=st.tuples(st.text(max_size=9))
    )
)
def test_requests_survive_the_way(request_: Request) -> None:
    frame = encode(request_)
    assert body_length(frame[: LENGTH.size]) == len(frame) - LENGTH.size
    assert decode_request(frame[LENGTH.size :]) == request_


@given(st.binary(max_size=60))
def test_junk_is_refused_as_such(data: bytes) -> None:
    try:
        decode_request(data)
    except BadFrame:
        pass


def test_frames_are_bounded() -> None:
    with pytest.raises(BadFrame, match="at most"):
        encode(Request(1, "a" * (MAX_FRAME_BYTES + 1)))
    with pytest.raises(BadFrame, match="cannot be sent"):
        encode(Request(1, "a", options={"it": object()}))


def test_a_damaged_model_is_trained_again(
    project_folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    first = make_pipeline(project_folder, tmp_path, ("intent",))
    (weights,) = tmp_path.glob("*/intents.npz")
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-100] + b"x" * 100)
    again = make_pipeline(project_folder, tmp_path, ("intent",))
    assert "was changed after training" in capfd.readouterr().err
    assert weights.read_bytes() == whole
    text = "where is my order"
    assert again.read(text, want=("intent",)).intents == first.read(text, want=("intent",)).intents
