"""A browser for the session, and the mock EHR on a loopback port for each test."""

from collections.abc import Iterator
from threading import Thread

import pytest
from flask import Flask
from werkzeug.serving import make_server

from tests.cds_hooks.sandbox.fake_hospital import FakeHospital
from tests.e2e.webdriver import Browser, missing_browser


@pytest.fixture(scope="session")
def shared_browser() -> Iterator[Browser]:
    """The one browser of the test run; most tests want `browser`."""
    if missing := missing_browser():
        pytest.skip(missing)
    with Browser() as browser:
        yield browser


@pytest.fixture
def browser(shared_browser: Browser) -> Browser:
    """A wide, light window with an empty console and no state of another test."""
    shared_browser.open("about:blank")
    shared_browser.size(1400, 1000)
    shared_browser.scheme("light")
    shared_browser.console()
    return shared_browser


@pytest.fixture
def hospital() -> FakeHospital:
    return FakeHospital()


@pytest.fixture
def site(hospital: FakeHospital) -> Iterator[str]:
    """The mock EHR in front of the fake hospital: its URL."""
    yield from served(hospital.app)


def served(app: Flask) -> Iterator[str]:
    """Serve an app on a free loopback port while the generator is alive."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
