"""The page in a real browser: sliders driven with the keyboard, no script, paper, a narrow screen, hostile words.

Runs where Chromium, its driver and Selenium are installed.
"""

import base64
import json
import time

import pytest

from benchmarks.browsers import BROWSER, DRIVER, chromium
from sim.board.page import picker
from tests.board.test_page import page_of
from tests.board.test_story import pack_of

pytest.importorskip("selenium.webdriver")
pytestmark = pytest.mark.skipif(not (BROWSER and DRIVER), reason="needs Chromium and its driver")
MOST_WAIT = 10.0


@pytest.fixture(scope="module")
def browser():
    driver = chromium()
    yield driver
    driver.quit()


@pytest.fixture
def shown(browser, tmp_path):
    """Shows a case's page at a width; with or without script."""

    def show(name, width=1280, script=True):
        file = tmp_path / f"{name}.html"
        file.write_text(page_of(name)[0], encoding="utf-8")
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not script})
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
        browser.get(file.as_uri())
        return browser

    yield show
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def element(browser, selector):
    return browser.find_element("css selector", selector)


def texts(browser, selector):
    return [each.get_attribute("textContent") for each in browser.find_elements("css selector", selector)]


def seen(browser, selector):
    return element(browser, selector).is_displayed()


def press(browser, *keys):
    for key in keys:
        browser.switch_to.active_element.send_keys(key)


def focused(browser):
    return browser.switch_to.active_element.get_attribute("id")


def eventually(read, wanted):
    """Waits until something is so."""
    end = time.monotonic() + MOST_WAIT
    while not wanted(read()) and time.monotonic() < end:
        time.sleep(0.05)
    return read()


def data_of(name):
    return json.loads(page_of(name)[1].one("script", type="application/json").text)


def place(grid, at):
    """Where a choice stands among the words, the first axis slowest."""
    n = 0
    for axis, i in zip(grid.axes, at, strict=True):
        n = n * len(axis.values) + i
    return n


def test_the_sliders_lead_to_the_numbers_of_the_grid(shown):
    from selenium.webdriver.common.keys import Keys

    browser, grid, given = shown("valence"), pack_of("valence").grid, data_of("valence")
    assert seen(browser, "#picker")
    assert not element(browser, "#picker-reset").is_enabled()
    at = [axis.base for axis in grid.axes]
    moves = [(0, Keys.ARROW_RIGHT, 1), (2, Keys.HOME, -at[2]), (3, Keys.END, len(grid.axes[3].values) - 1 - at[3]),
             (1, Keys.ARROW_LEFT, -1)]  # fmt: skip
    for axis, key, step in moves:
        browser.execute_script("arguments[0].focus()", element(browser, f"#slider-{axis}"))
        press(browser, key)
        at[axis] += step
        n = place(grid, at)
        assert texts(browser, "#picker-results .chosen") == [measure["words"][n] for measure in given["measures"]]
        assert texts(browser, "#picker-results .change") == [measure["changes"][n] for measure in given["measures"]]
        words = picker.axis_words(grid.axes[axis])[at[axis]]
        assert texts(browser, f"#slider-{axis}-value") == [words]
        assert element(browser, f"#slider-{axis}").get_attribute("aria-valuetext").startswith(words)
    wanted = [f"{each['name']}: {each['words'][n]}, change {each['changes'][n]}" for each in given["measures"]]
    said = eventually(lambda: texts(browser, "#picker-said")[0], lambda text: all(part in text for part in wanted))
    assert [part for part in wanted if part not in said] == []
    browser.execute_script("arguments[0].focus()", element(browser, "#picker-reset"))
    press(browser, Keys.ENTER)
    base = place(grid, [axis.base for axis in grid.axes])
    assert texts(browser, "#picker-results .chosen") == [measure["words"][base] for measure in given["measures"]]
    assert focused(browser) == "slider-0"
    assert eventually(lambda: texts(browser, "#picker-said")[0], lambda text: text.startswith("The case."))
    assert browser.get_log("browser") == []


def test_the_keyboard_reaches_skip_link_contents_sliders_and_button(shown):
    from selenium.webdriver.common.keys import Keys

    browser = shown("valence")
    press(browser, Keys.TAB)
    link = browser.switch_to.active_element
    assert link.get_attribute("class") == "skip"
    assert link.rect["x"] >= 0
    assert link.value_of_css_property("outline-style") != "none"
    order = []
    for _ in range(120):
        press(browser, Keys.TAB)
        order.append(focused(browser))
        if order[-1] == "slider-3":
            break
    sliders = [name for name in order if name.startswith("slider-")]
    assert sliders == ["slider-0", "slider-1", "slider-2", "slider-3"]


@pytest.mark.parametrize("name", ["valence", "hostile", "never", "no line"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_is_no_wider_than_the_screen(shown, name, width):
    browser = shown(name, width)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    image = element(browser, "figure img")
    shown_wide = browser.execute_script("return arguments[0].currentSrc === arguments[0].src", image)
    assert shown_wide == (width > 700)
    assert browser.execute_script("return arguments[0].naturalWidth", image) > 0
    assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert browser.get_log("browser") == []


def test_hostile_words_run_no_script(shown):
    browser = shown("hostile")
    assert texts(browser, "h1") == [pack_of("hostile").result.case.title]
    assert browser.execute_script("return document.scripts.length") == 2
    assert browser.execute_script("return document.querySelectorAll('img:not([src^=\"data:\"])').length") == 0
    with pytest.raises(Exception, match=r"(?i)no such alert"):
        _ = browser.switch_to.alert


def test_without_script_the_table_of_the_ends_remains(shown):
    browser = shown("valence", script=False)
    assert not seen(browser, "#picker")
    assert seen(browser, ".ends table")
    assert seen(browser, "noscript p")


def test_on_paper_the_table_stands_for_the_sliders(shown):
    browser = shown("valence")
    assert seen(browser, "#picker")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    for hidden in ("#picker", "nav", "summary"):
        assert not seen(browser, hidden)
    assert seen(browser, ".ends table")
    paper = browser.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})["data"]
    pages = base64.b64decode(paper).count(b"/Type /Page\n")
    sections = len(browser.find_elements("css selector", "section"))
    assert sections <= pages <= sections + 1
