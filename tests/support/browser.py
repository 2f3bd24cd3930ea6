"""Drives a headless Chromium, where this machine has one, and checks a page as people with weak eyes would need it."""

import contextlib
import shutil
import time
from pathlib import Path

CHROMIUM, DRIVER = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
_CHECK = Path(__file__).with_name("page_faults.js")
_QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1400,1000",
)  # fmt: skip


@contextlib.contextmanager
def opened(profile, downloads):
    """Yields selenium's driver of a new browser.

    Args:
        profile: a folder for the browser's own files.
        downloads: a folder for what is downloaded.
    """
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*_QUIET, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        driver.execute_cdp_cmd("Page.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(downloads)})
        yield driver
    finally:
        driver.quit()


def until(condition, seconds=60):
    """Waits until a condition holds and returns its value; an element that vanishes meanwhile does not matter."""
    from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException

    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(NoSuchElementException, StaleElementReferenceException):
            if found := condition():
                return found
        assert time.monotonic() < end, "the page does not get there"
        time.sleep(0.05)


def emulate(driver, dark=False, phone=False):
    """Shows the page in a theme, and as wide as a desktop's window or a phone."""
    theme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": theme})
    if phone:
        size = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    else:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def faults(driver):
    """Returns the faults of the visible page, one line each; [] if there are none.

    Checked are WCAG's contrast of every visible text (1.4.3: 4.5 to 1, and 3 to 1 for large text), a name for every
    control (4.1.2) and picture (1.1.1), unique ids, headings that skip no level, known roles, references that lead to
    an element, and that nothing is wider than the window (1.4.10).
    """
    return driver.execute_script(_CHECK.read_text(encoding="utf-8"))
