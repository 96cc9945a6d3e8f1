"""Fixtures: what tests of every floor share, and how hypothesis and browser tests run."""

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

# `ci` tries the same examples every time; `pytest --hypothesis-profile=explore` looks for new ones.
settings.register_profile("ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "explore", max_examples=2_000, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("ci")


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the repository."""
    return ROOT


@pytest.fixture(scope="session", autouse=True)
def _own_data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Whoever runs the tests may have a word table of their own: here is none. The sentence encoder may be used."""
    from nlp.encoder import encoder_home

    real, folder = encoder_home().parent, tmp_path_factory.mktemp("data")
    if real.is_dir():
        (folder / "encoders").symlink_to(real, target_is_directory=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BOTKIT_DATA", str(folder))
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of test data that stands beside the repository, or where BOTKIT_SHARED says."""
    folder = Path(os.environ.get("BOTKIT_SHARED") or ROOT.parent / "shared")
    if not folder.is_dir():
        pytest.skip(f"no test data: {folder} is not a folder; set BOTKIT_SHARED to where it is")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """The program that browser tests drive."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no browser: install chromium (on Debian: apt-get install chromium)")
    return program


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a browser test that skips where BOTKIT_REQUIRE_BROWSER says that there is a browser; data may be missing."""
    report = yield
    required = os.environ.get("BOTKIT_REQUIRE_BROWSER") and item.get_closest_marker("e2e")
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""  # of a skip
    if required and reason and "BOTKIT_SHARED" not in reason:
        report.outcome = "failed"
        report.longrepr = f"BOTKIT_REQUIRE_BROWSER is set, but this test skipped: {reason}"
    return report
