# SPDX-License-Identifier: GPL-2.0-or-later
"""A real browser for tests, without a window and without a way to anything but the pages that it is given."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1400,1000",
)


class Browser:
    """One Chromium; it remembers what pages ask for and complain about."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self._driver = driver

    def open(self, address: str) -> None:
        """Load a page, or go to another place of it."""
        self._driver.get(address)

    def run(self, script: str, *arguments: object) -> Any:
        """What a script returns in the page; it is waited for."""
        return self._driver.execute_script(script, *arguments)

    def command(self, name: str, **parameters: object) -> Any:
        """A command of the Chrome DevTools protocol."""
        return self._driver.execute_cdp_cmd(name, parameters)

    def complaints(self) -> list[str]:
        """What stands in the console since it was asked last."""
        return [entry["message"] for entry in self._driver.get_log("browser")]  # type: ignore[no-untyped-call]

    def requests(self) -> list[str]:
        """Addresses that were asked for since it was asked last, but for what was blocked, data and its own."""
        log = self._driver.get_log("performance")  # type: ignore[no-untyped-call]
        events = [json.loads(entry["message"])["message"] for entry in log]
        blocked = {
            event["params"]["requestId"]
            for event in events
            if event["method"] == "Network.loadingFailed" and "blockedReason" in event["params"]
        }
        sent = [event["params"] for event in events if event["method"] == "Network.requestWillBeSent"]
        addresses = [request["request"]["url"] for request in sent if request["requestId"] not in blocked]
        return [address for address in addresses if urlsplit(address).scheme not in ("data", "chrome")]


@contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """A browser with a profile of its own."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    assert program, "chromium is not installed; `make test` installs it"
    assert driver, "chromedriver is not installed; `make test` installs it (chromium-driver)"
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    running = webdriver.Chrome(options, Service(driver))
    try:
        yield Browser(running)
    finally:
        running.quit()
