"""A W3C WebDriver client in the standard library: headless Chromium, used as a person would."""

import base64
import json
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TypeVar

T = TypeVar("T")
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]
KEYS = {
    "Tab": "\ue004",
    "Enter": "\ue007",
    "Shift": "\ue008",
    "Escape": "\ue00c",
    "End": "\ue010",
    "Home": "\ue011",
    "Right": "\ue014",
}


def missing_browser() -> str:
    """Name the program that is absent; empty when both are there."""
    absent = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    return f"{' and '.join(absent)} not installed" if absent else ""


class Element:
    """One element of the page."""

    def __init__(self, browser: "Browser", reference: str) -> None:
        self._browser = browser
        self.reference = reference

    def click(self) -> None:
        self._browser.call("POST", f"element/{self.reference}/click", {})

    def type(self, text: str) -> None:
        self._browser.call("POST", f"element/{self.reference}/value", {"text": text})

    @property
    def text(self) -> str:
        return self._browser.call("GET", f"element/{self.reference}/text")

    def attribute(self, name: str) -> str | None:
        return self._browser.call("GET", f"element/{self.reference}/attribute/{name}")

    @property
    def accessible_name(self) -> str:
        return self._browser.call("GET", f"element/{self.reference}/computedlabel")


class Browser:
    """A headless Chromium with its own empty profile; use as a context manager."""

    def __init__(self) -> None:
        self._profile = tempfile.mkdtemp(prefix="chromium-")
        self._port = _free_port()
        self._driver = subprocess.Popen(
            ["chromedriver", f"--port={self._port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._root = f"http://127.0.0.1:{self._port}"
        wait(self._ready, "chromedriver")
        options = {"args": [*_FLAGS, f"--user-data-dir={self._profile}", "--window-size=1400,1000"]}
        capabilities = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        reply = self._send("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
        self._session = f"/session/{reply['sessionId']}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._send("DELETE", self._session)
        finally:
            self._driver.terminate()
            self._driver.wait(timeout=10)
            shutil.rmtree(self._profile, ignore_errors=True)

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Perform one WebDriver command of this session."""
        return self._send(method, f"{self._session}/{path}", body)

    def open(self, url: str) -> None:
        self.call("POST", "url", {"url": url})

    @property
    def url(self) -> str:
        return self.call("GET", "url")

    def all(self, css: str) -> list[Element]:
        found = self.call("POST", "elements", {"using": "css selector", "value": css})
        return [Element(self, each[_ELEMENT]) for each in found]

    def one(self, css: str, *, containing: str = "") -> Element:
        """Wait for the first element that matches and, if asked, contains a text."""
        return wait(lambda: self._matching(css, containing), f"{css} {containing}")

    def gone(self, css: str) -> None:
        """Wait until nothing matches."""
        wait(lambda: not self.all(css), f"no {css}")

    def run(self, script: str, *arguments: Any) -> Any:
        return self.call("POST", "execute/sync", {"script": script, "args": list(arguments)})

    def run_module(self, body: str, *arguments: Any) -> Any:
        """Run an async function body (which may import() the page's modules) and return what it returns."""
        script = (
            "const done = arguments[arguments.length - 1];"
            f"(async (...given) => {{ {body} }})(...Array.prototype.slice.call(arguments, 0, -1))"
            ".then((value) => done({value}), (error) => done({error: String(error)}));"
        )
        reply = self.call("POST", "execute/async", {"script": script, "args": list(arguments)})
        assert "error" not in reply, reply
        return reply.get("value")

    def press(self, *keys: str) -> None:
        """Press and release keys one after the other; "Shift+Tab" holds the first one."""
        actions: list[dict[str, str]] = []
        for key in keys:
            held = [KEYS.get(each, each) for each in key.split("+")]
            actions += [{"type": "keyDown", "value": each} for each in held]
            actions += [{"type": "keyUp", "value": each} for each in reversed(held)]
        self.call("POST", "actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def focused(self) -> Element:
        return Element(self, self.call("GET", "element/active")[_ELEMENT])

    def devtools(self, command: str, **parameters: Any) -> Any:
        return self.call("POST", "goog/cdp/execute", {"cmd": command, "params": parameters})

    def scheme(self, name: str) -> None:
        """Prefer "light" or "dark"."""
        self.devtools(
            "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}]
        )

    def size(self, width: int, height: int) -> None:
        """Give the page a viewport of this many CSS pixels."""
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                      mobile=False)  # fmt: skip

    def console(self) -> list[str]:
        """The warnings and errors of the console since the last time."""
        entries = self.call("POST", "se/log", {"type": "browser"})
        return [entry["message"] for entry in entries if entry["level"] in ("SEVERE", "WARNING")]

    def screenshot(self, path: Path, *, whole: bool = False) -> None:
        shot = self.devtools("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))

    def _matching(self, css: str, containing: str) -> Element | None:
        for element in self.all(css):
            try:
                if containing in element.text:
                    return element
            except WebDriverError:  # replaced between finding and reading it
                continue
        return None

    def _ready(self) -> bool:
        try:
            return bool(self._send("GET", "/status")["ready"])
        except OSError:
            return False

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._root + path, data=data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return json.load(response)["value"]
        except urllib.error.HTTPError as error:
            with error:
                value = json.load(error)["value"]
            raise WebDriverError(f"{path}: {value['error']}: {value['message']}") from error


class WebDriverError(Exception):
    """A command that the browser refused."""


def wait(look: Callable[[], T], what: str, seconds: float = 60) -> T:
    """Look again and again until something true is there."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s for {what}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
