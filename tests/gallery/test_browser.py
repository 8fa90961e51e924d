"""The gallery in a real browser: Chromium without a window."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from dreamer.gallery.item import Item
from dreamer.gallery.page import write_gallery
from tests.gallery.test_page import HOSTILE, picture

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1200,900"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine hostile names, dreamt by two presets, before and after, and one that failed."""
    folder = tmp_path_factory.mktemp("gallery")
    items = []
    for number, name in enumerate(HOSTILE):
        photo = picture(folder / "in" / f"{number}.png", "white", (120, 80))
        for preset, color in (("alpha", "red"), ("beta", "blue")):
            path = picture(folder / preset / f"{name.replace('/', '')}.png", color, (120 + number, 80))
            items.append(
                Item(
                    path,
                    "still",
                    preset,
                    name,
                    photo,
                    f"title = {name!r}\nx = 1",
                    "pocket",
                    7,
                    120 + number,
                    80,
                    number,
                )
            )
    items.append(Item(folder / "gone.png", "still", "beta", "gone", failed="the file is empty"))
    write_gallery(items, folder / "index.html", title="Hostile & quiet")
    return folder / "index.html"


def cards(browser: Any) -> list[Any]:
    return list(browser.find_elements("css selector", ".card"))


def press(browser: Any, *keys: str) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(browser).send_keys(*keys).perform()


def visit(browser: Any, path: Path) -> None:
    browser.get(path.as_uri())
    assert not [entry for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]


def choose(browser: Any, name: str, value: str) -> None:
    from selenium.webdriver.support.ui import Select

    Select(browser.find_element("id", name)).select_by_value(value)


def test_every_name_is_text_and_every_picture_loads(browser: Any, gallery: Path) -> None:
    visit(browser, gallery)
    assert browser.title == "Hostile & quiet"
    assert len(cards(browser)) == 2 * len(HOSTILE) + 1
    assert browser.execute_script("return document.querySelectorAll('script').length") == 2
    for image in browser.find_elements("css selector", ".card img"):
        browser.execute_script("arguments[0].scrollIntoView()", image)
    time.sleep(0.5)
    loaded = browser.execute_script("return [...document.images].every(i => i.complete && i.naturalWidth > 0)")
    assert loaded and not browser.get_log("browser")


def test_nothing_is_fetched_from_outside(browser: Any, gallery: Path) -> None:
    visit(browser, gallery)
    cards(browser)[0].click()
    time.sleep(0.5)
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    assert len(asked) > len(HOSTILE) and all(url.startswith(("file:", "data:")) for url in asked)
    blocked = browser.execute_script(
        "try { const i = new Image(); let failed = false; document.addEventListener('securitypolicyviolation', () => "
        "window.violated = true); i.src = 'http://127.0.0.1:9/x.png'; } catch { window.violated = true } return true"
    )
    time.sleep(0.3)
    assert blocked and browser.execute_script("return window.violated === true")
    browser.get_log("browser")


def test_filters_filter(browser: Any, gallery: Path) -> None:
    visit(browser, gallery)
    choose(browser, "preset", "alpha")
    assert len(cards(browser)) == len(HOSTILE)
    choose(browser, "input", HOSTILE[4])
    assert len(cards(browser)) == 1
    choose(browser, "preset", "")
    choose(browser, "input", "")
    choose(browser, "kind", "failed")
    assert [card.text.split("\n")[0] for card in cards(browser)] == ["the file is empty"]
    choose(browser, "kind", "")
    browser.find_element("id", "text").send_keys("ALERT alpha")
    assert len(cards(browser)) == 2  # two of the names hold it
    browser.find_element("id", "text").send_keys(" nothing")
    assert cards(browser) == []
    assert browser.find_element("id", "none").is_displayed()
    assert browser.find_element("id", "count").text == f"0 of {2 * len(HOSTILE) + 1} pictures"


def test_sorts_sort(browser: Any, gallery: Path) -> None:
    visit(browser, gallery)
    choose(browser, "sort", "largest")
    assert cards(browser)[0].text.split("\n")[0] == HOSTILE[-1]
    choose(browser, "sort", "preset")
    presets = [card.text.split("\n")[-1] for card in cards(browser)]
    assert presets[: len(HOSTILE)] == ["alpha"] * len(HOSTILE)
    choose(browser, "sort", "newest")
    assert cards(browser)[0].text.split("\n")[0] == HOSTILE[-1]


def test_the_slider_moves_by_keyboard_and_pointer(browser: Any, gallery: Path) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    visit(browser, gallery)
    choose(browser, "preset", "alpha")
    cards(browser)[2].click()
    time.sleep(0.4)

    def cut() -> float:
        return float(
            browser.execute_script("return parseFloat(getComputedStyle(after).clipPath.match(/([\\d.]+)px\\)/)[1])")
        )

    middle = cut()
    assert browser.switch_to.active_element.get_attribute("id") == "slider"
    press(browser, *[Keys.ARROW_RIGHT] * 10)
    assert browser.find_element("id", "slider").get_attribute("value") == "60" and cut() < middle
    press(browser, Keys.HOME)
    assert browser.find_element("id", "slider").get_attribute("value") == "0"
    stage = browser.find_element("id", "stage")
    ActionChains(browser).move_to_element_with_offset(stage, -150, 0).click_and_hold().move_by_offset(
        300, 0
    ).release().perform()
    value = int(browser.find_element("id", "slider").get_attribute("value"))
    assert 0 < value < 50


def test_the_viewer_is_left_and_paged_by_keys(browser: Any, gallery: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    visit(browser, gallery)
    cards(browser)[0].click()
    first = browser.find_element("id", "viewer-name").text
    press(browser, Keys.PAGE_DOWN)
    second = browser.find_element("id", "viewer-name").text
    assert first != second
    browser.find_element("id", "next").click()
    press(browser, Keys.ESCAPE)
    assert not browser.find_element("id", "viewer").is_displayed()
    assert browser.switch_to.active_element.get_attribute("class") == "card"


def test_the_recipe_is_copied(browser: Any, gallery: Path) -> None:
    visit(browser, gallery)
    cards(browser)[0].click()
    browser.find_element("css selector", "summary").click()
    assert "x = 1" in browser.find_element("id", "recipe").text
    browser.find_element("id", "copy").click()
    time.sleep(0.2)
    assert browser.find_element("id", "copied").text == "copied"


def test_it_is_dark_and_light_and_a_table(browser: Any, gallery: Path) -> None:
    visit(browser, gallery)

    def back() -> str:
        return str(browser.execute_script("return getComputedStyle(document.body).backgroundColor"))

    before = back()
    browser.find_element("id", "theme").click()
    assert back() != before
    browser.find_element("id", "theme").click()
    assert back() == before
    browser.find_element("id", "table").click()
    assert [each.text for each in browser.find_elements("css selector", "thead th")] == ["alpha", "beta"]
    assert len(browser.find_elements("css selector", "tbody tr")) == len(HOSTILE) + 1


def test_every_control_has_a_name(browser: Any, gallery: Path) -> None:
    visit(browser, gallery)
    cards(browser)[0].click()
    unnamed = browser.execute_script(
        "return [...document.querySelectorAll('button, input, select')].filter(e => !(e.getAttribute('aria-label') || "
        "e.textContent.trim() || (e.labels && e.labels.length))).length"
    )
    assert unnamed == 0
    assert browser.execute_script("return [...document.images].every(i => i.alt !== '')")


def test_it_fits_a_phone(browser: Any, gallery: Path) -> None:
    browser.set_window_size(400, 800)
    try:
        visit(browser, gallery)
        assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    finally:
        browser.set_window_size(1200, 900)


@pytest.mark.parametrize("count", [1, 2000])
def test_one_picture_and_two_thousand(browser: Any, tmp_path: Path, count: int) -> None:
    path = picture(tmp_path / "one.png", size=(64, 48))
    items = [
        Item(path, "still", f"preset {number % 5}", f"photo {number}", path, "a = 1", "pocket")
        for number in range(count)
    ]
    write_gallery(items, tmp_path / "index.html", title="many")
    began = time.monotonic()
    visit(browser, tmp_path / "index.html")
    assert browser.find_element("id", "count").text == f"{count} pictures"
    assert 1 <= len(cards(browser)) <= 400
    for _ in range(60):
        if len(cards(browser)) == count:
            break
        browser.execute_script("scrollTo(0, document.body.scrollHeight)")
        time.sleep(0.05)
    assert len(cards(browser)) == count
    browser.find_element("id", "text").send_keys("photo 0")
    assert 1 <= len(cards(browser)) <= count
    assert time.monotonic() - began < 60
    with Image.open(path) as image:
        assert image.size == (64, 48)
