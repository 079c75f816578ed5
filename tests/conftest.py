"""What all tests share: the slow ones run on request, and random numbers start from one seed."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

import minigen
from tests.skipped import Skipped
from tests.strict import raw
from tests.strict.library import Library
from tests.strict.stages import Stages

settings.register_profile("minigen", deadline=None)  # a busy machine would miss one
settings.load_profile("minigen")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--run-slow", action="store_true", help="run the tests marked slow, too")
    parser.addoption(
        "--run-browser", action="store_true", help="open the site that was built in a browser"
    )
    parser.addoption(
        "--backend",
        choices=["numpy", "strict", "cuda"],
        default="numpy",
        help="where tensors live: on the CPU, on a stand-in for a GPU, or on a real one (see "
        "docs/gpu.md)",
    )


def pytest_configure(config: pytest.Config) -> None:
    from tests.strict import suite

    if config.getoption("--backend") == "strict":
        if raw.compiler() is None:
            raise pytest.UsageError(f"--backend strict: {raw.WITHOUT_COMPILER}")
        suite.start_strict()
    if config.getoption("--backend") == "cuda":
        try:
            found = suite.start_cuda()
            config.pluginmanager.register(Stages(found), "stages")
        except minigen.DeviceError as error:
            raise pytest.UsageError(f"--backend cuda: {error}") from error


def pytest_sessionstart(session: pytest.Session) -> None:
    session.config.pluginmanager.register(Skipped(session.config), "skipped")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--run-slow"):
        _skip(items, "slow", "slow: run with --run-slow")
    if not config.getoption("--run-browser"):
        _skip(items, "browser", "in a browser: run with --run-browser")
    if config.getoption("--backend") == "numpy":
        _skip(items, "device_only", "about a device: run with --backend strict or cuda")
    else:
        _skip(items, "host_only", "about NumPy's arrays")
    if config.getoption("--backend") == "cuda":
        for item in items:
            if "cupy" in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.skip(reason="about the stand-in for CuPy"))


def _skip(items: list[pytest.Item], marker: str, reason: str) -> None:
    """Skip the tests with a marker; one that states a reason of its own is skipped for that."""
    for item in items:
        mark = item.get_closest_marker(marker)
        if mark is not None:
            item.add_marker(pytest.mark.skip(reason=mark.args[0] if mark.args else reason))


@pytest.fixture(autouse=True)
def _style_stays_within_a_test() -> Iterator[None]:
    """Undo what a test sets in matplotlib, as importing a lesson's figures does."""
    mpl = sys.modules.get("matplotlib")
    if mpl is None:
        yield
        if mpl := sys.modules.get("matplotlib"):
            mpl.rcdefaults()
    else:
        with mpl.rc_context():
            yield


@pytest.fixture
def cupy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    """Put the stand-in in CuPy's place for one test."""
    if raw.compiler() is None:
        pytest.skip(raw.WITHOUT_COMPILER)
    library = Library()
    monkeypatch.setitem(sys.modules, "cupy", library)
    yield library
    library.cuda.Device(0).use()
    library.cuda.Device(0).synchronize()


@pytest.fixture(autouse=True)
def _seeded() -> None:
    minigen.manual_seed(0)


@pytest.fixture(autouse=True, scope="session")
def _ctrl_c_as_in_a_terminal() -> Iterator[None]:
    """Let Ctrl-C raise, also where the tests run in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
