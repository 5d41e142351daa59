"""A headless browser spoken to over WebDriver, without a package for it."""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DRIVER = shutil.which("chromedriver")
CHROME = shutil.which("chromium") or shutil.which("google-chrome")
KEY = "element-6066-11e4-a52e-4f735466cecf"  # what the protocol calls an element


class Browser:
    """One session. ``run`` evaluates the body of a function in the page."""

    def __init__(self, base: str) -> None:
        self._base = base
        options = {"binary": CHROME, "args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage"]}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        made = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self._session = f"/session/{made['sessionId']}"

    def open(self, page: Path, hash_: str = "") -> None:
        self.post("/url", {"url": "about:blank"})
        self.post("/url", {"url": page.as_uri() + hash_})

    def run(self, body: str, *given: object) -> Any:
        return self.post("/execute/sync", {"script": body, "args": list(given)})

    def type(self, selector: str, words: str) -> None:
        found = self.post("/element", {"using": "css selector", "value": selector})
        self.post(f"/element/{found[KEY]}/value", {"text": words})

    def press(self, key: str) -> None:
        keys = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self.post("/actions", {"actions": [{"type": "key", "id": "keys", "actions": keys}]})

    def alert(self) -> bool:
        try:
            self._ask("GET", f"{self._session}/alert/text")
        except OSError:
            return False
        return True

    def console(self) -> list[str]:
        return [one["message"] for one in self.post("/se/log", {"type": "browser"})]

    def shot(self, width: int, height: int, dark: bool = False) -> bytes:
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": _scheme(dark)}])
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        return base64.b64decode(self._ask("GET", f"{self._session}/screenshot"))

    def cdp(self, command: str, **given: object) -> Any:
        return self.post("/goog/cdp/execute", {"cmd": command, "params": given})

    def post(self, path: str, data: object) -> Any:
        return self._ask("POST", self._session + path, data)

    def quit(self) -> None:
        self._ask("DELETE", self._session)

    def _ask(self, method: str, path: str, data: object = None) -> Any:
        raw = None if data is None else json.dumps(data).encode()
        request = urllib.request.Request(self._base + path, raw, {"Content-Type": "application/json"}, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as answer:
            return json.load(answer)["value"]


def _scheme(dark: bool) -> str:
    return "dark" if dark else "light"


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """A browser that ends with the block."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    assert DRIVER
    driver = subprocess.Popen([DRIVER, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await(port)
        made = Browser(f"http://127.0.0.1:{port}")
        try:
            yield made
        finally:
            made.quit()
    finally:
        driver.terminate()
        driver.wait(10)


def _await(port: int) -> None:
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise TimeoutError("the driver does not answer")
