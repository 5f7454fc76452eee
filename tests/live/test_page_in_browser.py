"""The live page in a real browser: controls driven with the keyboard, numbers, pins, files, and accessibility.

Runs where Chromium, its driver and Selenium are installed.
"""

import json
import shlex
import time
from importlib.resources import files

import pytest

pytest.importorskip("selenium.webdriver")
pytest.importorskip("starlette")

import sim
from benchmarks.browsers import BROWSER, DRIVER, chromium
from sim.cli import main
from tests.support.live_server import live

pytestmark = pytest.mark.skipif(not (BROWSER and DRIVER), reason="needs Chromium and its driver")
MOST_WAIT = 20.0


@pytest.fixture(scope="module")
def server():
    with live("valence-2002", "--port", 8900) as running:
        yield running


@pytest.fixture(scope="module")
def browser():
    driver = chromium()
    yield driver
    driver.quit()


@pytest.fixture
def shown(browser, server):
    """Shows the page at a width and in a scheme of colours, once it has its numbers."""

    def show(width=1280, scheme="light"):
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        browser.get(server.address)
        settled(browser)
        return browser

    return show


def element(browser, selector):
    return browser.find_element("css selector", selector)


def texts(browser, selector):
    return [each.get_attribute("textContent") for each in browser.find_elements("css selector", selector)]


def eventually(read, wanted=bool):
    """Waits until something is so."""
    end = time.monotonic() + MOST_WAIT
    while not wanted(read()) and time.monotonic() < end:
        time.sleep(0.03)
    return read()


def settled(browser):
    """Waits until the numbers of the controls are there with all paths."""
    assert eventually(lambda: paths_of(browser), lambda paths: paths == 200_000) == 200_000


def paths_of(browser):
    return int(browser.execute_script("return document.documentElement.dataset.paths || 0"))


def field_of(browser, label):
    """The identifier of the control with a label."""
    script = """return Array.from(document.querySelectorAll("label"))
        .find(each => each.textContent === arguments[0]).htmlFor"""
    found = browser.execute_script(script, label)
    browser.execute_script("const f = document.getElementById(arguments[0]); f.closest('details').open = true", found)
    return found


def press(browser, label, *keys):
    field = field_of(browser, label)
    browser.execute_script("document.getElementById(arguments[0]).focus()", field)
    browser.execute_script("delete document.documentElement.dataset.paths")
    for key in keys:
        browser.switch_to.active_element.send_keys(key)
    return field


def numbers(browser):
    """Mean and standard error of each measure, as the page has them."""
    script = """return Object.fromEntries(Array.from(document.querySelectorAll('#results tbody tr')).map(row => {
        const data = row.querySelector('data');
        return [row.id.slice(4), [Number(data.value), Number(data.dataset.se)]];
    }))"""
    return {name: tuple(pair) for name, pair in browser.execute_script(script).items()}


def numbers_of(command, capsys):
    """The same, as a command prints them."""
    program, *words = shlex.split(command)
    assert program == "fundrisk"
    capsys.readouterr()
    assert main([*words, "--json", "-"]) == 0
    found = json.loads(capsys.readouterr().out)
    out = found["cash_out"]["within_horizon"]["probability"]
    means = {name: (each["mean"], each["mcse"]) for name, each in found["measures"].items()}
    return out, means


def test_a_drag_leads_to_the_numbers_of_the_command(shown, capsys):
    from selenium.webdriver.common.action_chains import ActionChains

    browser = shown()
    before = numbers(browser)
    slider = element(browser, f"#{field_of(browser, 'Volatility of the stock price')}")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", slider)
    browser.execute_script("delete document.documentElement.dataset.paths")
    drag = ActionChains(browser).move_to_element(slider).click_and_hold()
    for _ in range(12):
        drag.move_by_offset(-6, 0)
    drag.release().perform()
    settled(browser)
    assert numbers(browser) != before
    (command,) = texts(browser, "#command")
    assert "--set price.volatility=" in command
    assert "--paths 200000" in command
    out, means = numbers_of(command, capsys)
    here = numbers(browser)
    assert here["cash_out"][0] == out
    for name in ("runway_months", "raised", "dilution", "funding_gap"):
        assert here[name] == means[name]
    assert browser.get_log("browser") == []


def test_the_first_numbers_are_those_of_the_command_too(shown, server, capsys):
    answer = server.numbers({"burn.monthly": 2e6, "policy.cadence": "month_end"}, "first")[0]
    out, means = numbers_of(answer["command"], capsys)
    rows = {row["key"]: (row["value"], row["se"]) for row in answer["rows"]}
    assert "--paths 20000 " in answer["command"]
    assert rows["cash_out"][0] == out
    assert all(rows[name] == means[name] for name in ("runway_months", "raised", "dilution", "funding_gap"))


def test_keys_change_every_kind_of_control(shown):
    from selenium.webdriver.common.keys import Keys

    browser = shown()
    assert not element(browser, "#reset").is_enabled()
    slider = press(browser, "Commitment", Keys.ARROW_RIGHT)
    assert texts(browser, f"#{slider}-value") == ["$31M"]
    assert element(browser, f"#{slider}").get_attribute("aria-valuetext") == "$31M"
    settled(browser)
    press(browser, "Coverage limit", Keys.SPACE)
    settled(browser)
    press(browser, "Purchase dates", Keys.ARROW_DOWN)
    settled(browser)
    (command,) = texts(browser, "#command")
    assert shlex.split(command)[3:-4] == [
        "--set", "line.commitment=31_000_000", "--set", 'policy.cadence="month_end"', "--set", "line.coverage=",
    ]  # fmt: skip
    assert len(browser.find_elements("css selector", ".changed")) == 3
    said = eventually(lambda: texts(browser, "#said")[0], lambda text: "change" in text)
    assert "Raised" in said
    browser.execute_script("delete document.documentElement.dataset.paths")
    browser.execute_script("document.getElementById('reset').focus()")
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    settled(browser)
    assert set(texts(browser, "#results .change")) == {"-"}
    assert browser.find_elements("css selector", ".changed") == []


def test_errors_shrink_in_sight(shown):
    from selenium.webdriver.common.keys import Keys

    browser = shown()
    browser.execute_script("""window.seen = [];
        const read = () => Number(document.querySelector('#row-runway_months data').dataset.se);
        new MutationObserver(() => window.seen.push(read()))
            .observe(document.documentElement, {attributes: true, attributeFilter: ['data-answers']})""")
    press(browser, "Monthly burn", Keys.ARROW_RIGHT)
    settled(browser)
    seen = browser.execute_script("return window.seen")
    assert len(seen) == 4
    assert seen == sorted(seen, reverse=True)


def test_a_long_drag_ends_at_its_last_value(shown, server):
    """Some seconds of changes at the pace of a hand: no queue, and as much memory as before."""
    from selenium.webdriver.common.keys import Keys

    browser = shown()
    field = field_of(browser, "Opening stock price")
    before = server.memory()
    answers = int(browser.execute_script("return document.documentElement.dataset.answers"))
    script = """const done = arguments[arguments.length - 1], f = document.getElementById(arguments[0]);
        let n = 0;
        delete document.documentElement.dataset.paths;
        const timer = setInterval(() => {
            f.value = String(n % Number(f.max));
            f.dispatchEvent(new Event('input', {bubbles: true}));
            n += 1;
            if (n === 300) { clearInterval(timer); done(performance.now()); }
        }, 16)"""
    browser.execute_async_script(script, field)
    ended = time.monotonic()
    last = texts(browser, f"#{field}-value")[0]
    eventually(lambda: paths_of(browser), lambda paths: paths >= 20_000)
    assert time.monotonic() - ended < 2.0
    settled(browser)
    price = float(last.removeprefix("$").removesuffix(" a share"))
    assert f"--set price.initial={price:g} " in texts(browser, "#command")[0]
    shown_then = int(browser.execute_script("return document.documentElement.dataset.answers")) - answers
    assert 5 < shown_then <= 303
    assert server.memory() - before < 100_000_000
    press(browser, "Opening stock price", Keys.HOME)
    settled(browser)


def test_pinned_scenarios_stand_beside(shown):
    from selenium.webdriver.common.keys import Keys

    browser = shown()
    press(browser, "Discount", Keys.END)
    settled(browser)
    pinned = numbers(browser)
    words = texts(browser, "#results .chosen")
    browser.execute_script("document.getElementById('pin').click()")
    eventually(lambda: browser.find_elements("css selector", ".pinned:not([hidden]) svg"))
    press(browser, "Discount", Keys.HOME)
    settled(browser)
    assert numbers(browser) != pinned
    assert texts(browser, "#results tbody td:nth-child(5)") == words
    assert "line.pricing.multiplier=0.5" in texts(browser, "#results thead th:last-child")[0]
    for panel in ("now", "pinned"):
        assert len(browser.find_elements("css selector", f"#figure-cash .{panel} svg")) == 1
    browser.execute_script("delete document.documentElement.dataset.paths")
    element(browser, "#results thead button[aria-label='Set the controls as in A']").click()
    settled(browser)
    assert numbers(browser) == pinned
    element(browser, "#results thead button[aria-label='Remove A']").click()
    assert texts(browser, "#results tbody td:nth-child(5)") == []
    assert browser.find_elements("css selector", ".pinned:not([hidden])") == []


def test_the_changed_case_can_be_copied_and_downloaded(shown, tmp_path):
    from selenium.webdriver.common.keys import Keys

    browser = shown()
    origin = browser.execute_script("return location.origin")
    grant = {"origin": origin, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    browser.execute_cdp_cmd("Browser.grantPermissions", grant)
    where = {"behavior": "allow", "downloadPath": str(tmp_path)}
    browser.execute_cdp_cmd("Browser.setDownloadBehavior", where)
    press(browser, "Opening cash", Keys.END)
    press(browser, "Licence", Keys.SPACE)
    settled(browser)
    element(browser, "#copy").click()
    said = eventually(lambda: texts(browser, "#said")[0], lambda text: text.startswith("Copied"))
    words = shlex.split(said.removeprefix("Copied: "))
    assert words == ["--set", "company.cash=20_104_000", "--set", "line.conditions[licence].waiver_probability=1"]
    element(browser, "#download").click()
    (file,) = eventually(lambda: list(tmp_path.glob("*.toml")))
    expected = sim.load_case("valence-2002").replace(
        {"company.cash": 20_104_000, "line.conditions[licence].waiver_probability": 1}
    )
    assert sim.load_case(str(file)) == expected


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_no_violation(shown, width, scheme):
    axe = files("axe_selenium_python").joinpath("node_modules", "axe-core", "axe.min.js")
    browser = shown(width, scheme)
    browser.execute_script("document.getElementById('pin').click()")
    browser.execute_script("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    eventually(lambda: browser.find_elements("css selector", ".pinned:not([hidden]) svg"))
    browser.execute_script(axe.read_text(encoding="utf-8"))
    found = browser.execute_async_script("const done = arguments[arguments.length - 1]; axe.run().then(done)")
    wrong = [(each["id"], each["help"], [node["html"][:160] for node in each["nodes"]]) for each in found["violations"]]
    assert wrong == []
    assert len(found["passes"]) > 20


@pytest.mark.parametrize("width", [1280, 700, 390, 320])
def test_the_page_is_no_wider_than_the_screen(shown, width):
    browser = shown(width)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert element(browser, "#card-cash_out").is_displayed()


def test_nothing_is_asked_of_other_machines(shown):
    browser = shown()
    names = browser.execute_script("return performance.getEntriesByType('resource').map(each => each.name)")
    origin = browser.execute_script("return location.origin")
    assert {name.removeprefix(origin) for name in names} <= {"/numbers", "/favicon.ico"}
    assert browser.get_log("browser") == []


def test_a_server_that_has_ended_is_told(browser):
    from selenium.webdriver.common.keys import Keys

    with live("valence-2002", "--port", 8920) as other:
        browser.get(other.address)
        settled(browser)
        other.interrupt()
        press(browser, "Discount", Keys.END)
        said = eventually(lambda: texts(browser, "#problem")[0])
    assert said == "The server does not answer. Has it ended?"
    browser.get_log("browser")
