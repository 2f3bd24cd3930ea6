"""The page in a real browser: every path clicked through."""

import io
import json
import time
import zipfile

import pytest
from PIL import Image

from tests.support import browser
from tests.support.studio import running

Select = pytest.importorskip("selenium.webdriver.support.ui", reason="selenium is not installed").Select
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (browser.CHROMIUM and browser.DRIVER), reason="no Chromium and its driver here"),
]

Keys = pytest.importorskip("selenium.webdriver").Keys
CSS = "css selector"


@pytest.fixture(scope="module")
def server(studio):
    with running(studio, warm=True, steps=10) as server:
        yield server


@pytest.fixture(scope="module")
def driver(make_folder):
    folder = make_folder("browser")
    (folder / "downloads").mkdir()
    with browser.opened(folder / "profile", folder / "downloads") as driver:
        driver.downloads = folder / "downloads"
        yield driver


class Page:
    def __init__(self, driver, server):
        self.driver = driver
        driver.get(server.url)
        self.wait("#retrieved .card")

    def all(self, selector):
        return self.driver.find_elements(CSS, selector)

    def one(self, selector):
        return self.driver.find_element(CSS, selector)

    def wait(self, selector):
        return browser.until(lambda: self.all(selector))

    def wait_for(self, selector, text):
        return browser.until(lambda: text in self.one(selector).text)

    def titles(self, selector):
        return [element.text for element in self.all(f"{selector} .caption")]

    def design(self):
        self.one("#design").click()
        return self.wait("#designed .card")

    def check(self):
        """Checks the visible page in both themes, on a desktop and on a phone."""
        for dark in (False, True):
            for phone in (False, True):
                browser.emulate(self.driver, dark, phone)
                time.sleep(0.2)  # colours change smoothly
                assert browser.faults(self.driver) == [], (dark, phone)
        browser.emulate(self.driver)


@pytest.fixture
def page(driver, server):
    made = Page(driver, server)
    yield made
    assert [entry for entry in driver.get_log("browser") if entry["level"] == "SEVERE"] == []
    driver.execute_script("localStorage.clear()")


@pytest.fixture
def photo(tmp_path):
    Image.new("RGB", (60, 80), (210, 30, 40)).save(tmp_path / "my photo.png")
    return str(tmp_path / "my photo.png")


def test_from_a_person_to_designs_and_their_explanation(page):
    assert page.one("#about").text.endswith("60 people, 90 garments")
    page.check()
    search = page.one("#search")
    search.send_keys("u5")
    page.wait("#found [role=option]")
    page.check()
    search.send_keys(Keys.ARROW_DOWN, Keys.ENTER)
    browser.until(lambda: [one.text for one in page.all("#chosen button")] == ["u0 ×", "u5 ×"])
    page.all("#chosen button")[0].click()
    browser.until(lambda: len(page.all("#chosen button")) == 1)
    Select(page.one("#category")).select_by_value("tops")
    cards = page.design()
    assert len(cards) == 2 and page.one("#status").text == "2 designs are ready."
    assert page.one("#designed-note").text.startswith("For u5.")
    page.check()
    page.one("#designed .open").click()
    page.wait("#look .standing")
    browser.until(lambda: page.one("#look-status").text == "" and page.all("#look h3"))
    headings = [one.text for one in page.all("#look h3")]
    assert headings[:2] == ["For u5", "The most alike in the catalogue"]
    assert {"Bought, most like it", "Who would like it most"} <= set(headings)
    film = page.one("#look .film input")
    film.send_keys(Keys.HOME)
    assert page.one("#look .ascent figcaption").text.startswith("Step 0 of the search")
    page.one("#look .film button").click()
    browser.until(lambda: film.get_attribute("value") == film.get_attribute("max"))
    page.check()
    page.one("#look").send_keys(Keys.ESCAPE)
    browser.until(lambda: not page.one("#look").is_displayed())
    # What is said of the designs goes with them.
    Select(page.one("#category")).select_by_value("shoes")
    page.wait_for("#designed", "Nothing is designed yet.")
    assert page.one("#designed-note").text.startswith("Press Design") and page.one("#status").text == ""


def test_long_names_fit_a_phone(page, driver):
    page.one("#retrieved .open").click()
    page.wait("#look .standing")
    browser.until(lambda: page.one("#look-status").text == "" and page.all("#tailor"))
    driver.execute_script(
        """
        const name = "a_long_name_of_an_attribute_or_a_person", none = { alike: [], unlike: [], preferred: [] };
        const change = (other, change, error) => ({ attribute: name, value: name, other, change, error });
        const changes = [change(name, 1.5, 0.25), change("blue", 0.5, null), change("red", -2, 0.1)];
        studio.look.why({ picture: "/icon.svg", raises: 1, lowers: -1, ...none, changes }, name);
        studio.look.likers({ users: [{ user: name + name, percentile: 1 }], groups: [], mean_percentile: 0.5 });
        studio.look.why({ picture: "/icon.svg", raises: 1, lowers: -1, ...none, changes: changes.slice(2) }, name);
        """
    )
    # Changes that lower the score do not help.
    assert [row.text for row in page.all("#look tbody td:last-child")] == ["+1.50 ± 0.25", "+0.50"]
    assert "No change of an attribute would raise the score." in page.one("#look-body").text
    page.check()


def test_a_group(page):
    page.one('input[value="group"] + span').click()
    Select(page.one("#group")).select_by_index(1)
    page.wait("#retrieved .card")
    page.design()
    assert page.one("#designed-note").text.startswith("For cluster 2")


def test_a_guest(page, photo):
    page.one('input[value="guest"] + span').click()
    page.wait_for("#retrieved", "Upload photos that the guest likes.")
    assert not page.one("#design").is_enabled()
    page.one("#uploads").send_keys(photo)
    page.wait("#liked img")
    page.wait("#retrieved .card")
    page.check()
    assert len(page.design()) == 2
    page.one("#liked button").click()
    page.wait_for("#retrieved", "Upload photos that the guest likes.")


def test_a_photo_is_ranked_explained_and_tailored(page, photo):
    page.one("#photo").send_keys(photo)
    page.wait_for("#look-title", "my photo.png")
    button = page.wait("#tailor")[0]
    headings = [one.text for one in page.all("#look h3")]
    assert "Who would like it most" in headings and any(one.startswith("Groups; all people") for one in headings)
    assert len(page.all("#look .bars li")) == 6 + 3
    page.check()
    button.click()
    versions = page.wait("#look .cards[aria-label='Tailored versions'] .card")
    browser.until(lambda: page.one("#tailor").is_enabled())
    assert "the GAN's copy" in versions[0].text and "step 10" in versions[-1].text
    page.all("#look .cards[aria-label='Tailored versions'] .keep")[-1].click()
    page.one("#close").click()
    assert len(page.all("#kept .card")) == 1


def test_a_file_that_is_no_photo_is_told(page, tmp_path, driver):
    (tmp_path / "text.png").write_text("no photo")
    page.one('input[value="guest"] + span').click()
    page.one("#uploads").send_keys(str(tmp_path / "text.png"))
    page.wait_for("#problem", "text.png: photo: no image of a known format")
    page.check()
    driver.get_log("browser")  # the browser logs the answer 400 as an error


def test_favourites_stay_and_are_exported(page, server, driver):
    page.design()
    page.all("#designed .keep")[0].click()
    page.all("#retrieved .keep")[0].click()
    assert page.all("#designed .keep")[0].get_attribute("aria-pressed") == "true"
    page.check()
    page = Page(driver, server)  # The page is loaded again.
    assert len(page.all("#kept .card")) == 2
    page.one("#export").click()
    [file] = browser.until(lambda: list(page.driver.downloads.glob("*.zip")))
    with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as packed:
        entries = json.loads(packed.read("favourites.json"))
        assert "latents.npz" in packed.namelist() and len(entries) == 2
    assert entries[0]["note"].startswith("Design of shoes, for u0, score")
    page.all("#kept .keep")[0].click()
    browser.until(lambda: len(page.all("#kept .card")) == 1)


def test_what_another_program_kept_is_left_out(page, server, driver):
    item = {"kind": "item", "item": 3, "title": "i3", "picture": "/api/photos/3", "category": "tops", "score": None}
    broken = [None, 1, "x", [], {}, {**item, "item": "3"}, {**item, "kind": "toString"}, {**item, "title": 1}]
    name = driver.execute_script("return studio.favourites.name")
    many = [{**item, "kind": "design", "latent": [number]} for number in range(201)]
    for kept, count in (("{}", 0), ("[1", 0), (json.dumps([*broken, item]), 1), (json.dumps(many), 200)):
        driver.execute_script("localStorage.setItem(arguments[0], arguments[1])", name, kept)
        page = Page(driver, server)
        assert len(page.all("#kept .card")) == count
    page.all("#retrieved .keep")[0].click()
    page.wait_for("#problem", "at most 200 favourites; export them, and take some out")


def test_a_design_is_cancelled_and_another_takes_its_place(page, server):
    page.driver.execute_script("document.getElementById('steps').value = 200")
    page.one("#design").click()
    page.wait("#designed .sketch")
    page.one("#cancel").click()
    page.wait_for("#status", "Cancelled.")
    assert page.all("#designed .card") == [] and not page.one("#cancel").is_displayed()
    # A second design at once replaces the first.
    page.one("#design").click()
    page.driver.execute_script("document.getElementById('steps').value = 10")
    page.one("#design").click()
    page.wait_for("#status", "2 designs are ready.")
    browser.until(lambda: server.jobs.inside == 0)
    page.one("body").send_keys(Keys.ESCAPE)
    assert len(page.all("#designed .card")) == 2


def test_everything_is_reached_by_the_keyboard(page, driver):
    driver.execute_script("document.activeElement.blur()")
    reached = []
    for _ in range(60):
        driver.switch_to.active_element.send_keys(Keys.TAB)
        active = driver.switch_to.active_element
        reached.append(active.get_attribute("id") or active.get_attribute("class") or active.tag_name)
        if reached[-1] == "photo":
            break
    wanted = ["search", "category", "eta", "steps", "diversity", "seed", "shuffle", "design", "photo"]
    assert [one for one in reached if one in wanted] == wanted
    # The focus can be seen.
    shown = driver.execute_script("return getComputedStyle(document.activeElement).outlineStyle")
    assert shown != "none"
    page.one("#seed").send_keys(Keys.ENTER)
    page.wait("#designed .card")


def test_a_studio_that_is_gone_is_told(driver, studio):
    with running(studio) as server:
        page = Page(driver, server)
    page.one("#design").click()
    page.wait_for("#problem", "the studio does not answer; is tools.studio still running?")
    driver.get_log("browser")
