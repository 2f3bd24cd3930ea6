import base64
import functools
import html.parser
import io
import itertools
import json
import re
import shutil
import subprocess

import pytest
from PIL import Image

from tests.support import report_sources, tool
from tests.support.tool import names
from tf_dvbpr.report.embedded_picture import embed
from tools import report

ORDER = ["data", "recommender", "table3", "gan", "samples", "table4", "designs", "tailoring", "explanation"]
EMPTY = {"img", "meta", "br"}


class Page(html.parser.HTMLParser):
    """What a page consists of; fails where an end tag is missing or too many."""

    def __init__(self, text):
        super().__init__()
        self.text, self.open, self.elements, self.words = text, [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    def all(self, *tags):
        return [attributes for tag, attributes in self.elements if tag in tags]

    @property
    def said(self):
        return " ".join(" ".join(self.words).split())

    def bytes_of(self, alt):
        """Of the one image whose description begins so."""
        (uri,) = {image["src"] for image in self.all("img") if image["alt"].startswith(alt)}
        return base64.b64decode(uri.split(",")[1])

    def rows(self, caption):
        """The cells of a table, the header first."""
        body = self.text.split(f'<table aria-label="{caption}">')[1].split("</table>")[0]
        rows = re.findall(r"<tr>(.*?)</tr>", body)
        return [[re.sub("<.*?>", "", cell) for cell in re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row)] for row in rows]


@pytest.fixture(scope="module")
def sources(planted, make_folder):
    return report_sources.write_all(make_folder("sources"), planted)


@pytest.fixture
def call(capsys):
    return functools.partial(tool.call, capsys, report.cli)


def flags_of(folders):
    return [f"--{name}={folder}" for name, folder in folders.items()]


@pytest.fixture(scope="module")
def whole(sources, make_folder):
    """(the page of all sources, its file)."""
    from gan.report.config import ReportConfig
    from gan.report.report import write_report

    file = make_folder("page") / "report.html"
    given = {name: str(folder) for name, folder in sources.items()}
    result = write_report(ReportConfig(str(file), **{**given, "table4": (given["table4"],)}), progress=False)
    assert result["sections"] == ORDER and result["bytes"] == file.stat().st_size
    return Page(file.read_text(encoding="utf-8")), file


def test_the_tool_says_where_what_and_how_large(call, sources, whole, tmp_path):
    output = tmp_path / "new" / "report.html"
    status, out, _ = call(*flags_of(sources), f"--output={output}")
    assert status == 0 and names(output.parent) == ["report.html"]
    assert out == f"{output}: {', '.join(ORDER)}; {output.stat().st_size / 1024:,.0f} KB\n"
    assert output.read_bytes() == whole[1].read_bytes()  # the same sources, the same page


def test_the_page_loads_nothing(whole):
    page, _ = whole
    for tag, attributes in page.elements:
        assert not {"srcset", "data", "background", "action", "poster", "xlink:href"} & set(attributes), tag
        assert attributes.get("src", "data:").startswith("data:image/") or "src" not in attributes
        assert attributes.get("href", "#").startswith("#")
    assert not page.all("script", "link", "iframe", "object", "base")
    assert not re.search(r"url\(|@import|https?:", page.text)
    (policy,) = [meta for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    assert policy["content"].startswith("default-src 'none'")


def test_the_page_can_be_read_by_all(whole):
    page, _ = whole
    assert page.all("html") == [{"lang": "en"}]
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in page.all("meta")
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert ids == ORDER and [link["href"] for link in page.all("a")] == [f"#{name}" for name in ORDER]
    assert all(image["alt"].strip() and int(image["width"]) > 0 for image in page.all("img"))
    assert "prefers-color-scheme: dark" in page.text


def test_the_figures_are_those_of_the_files(whole):
    page, _ = whole
    assert page.rows("The data set after preprocessing, as in Table II of the paper") == [
        ["data set", "users", "items", "interactions", "categories"],
        ["source", "60", "90", "480", "2"],
    ]
    assert page.rows("AUC")[3] == [
        "DVBPR", "0.7877 ± 0.0120", "0.7377 ± 0.0200", "0.7777 ± 0.0120", "0.7277 ± 0.0200",
    ]  # fmt: skip
    assert page.rows("Table III")[1] == [
        "BPR-MF", "0.6278 ± 0.0034", "0.5278 ± 0.0058", "0.6378", "0.0500", "3.2", "1200", "3",
        "dim 50, regularisation 0.1",
    ]  # fmt: skip
    assert page.rows("The images of step 300, judge: own")[1:3] == [
        ["Fréchet distance", "12.2", "–", "lower"],
        ["classifier score", "6.50 ± 0.20", "–", "higher"],
    ]
    (caption,) = re.findall('<table aria-label="(The 3 best.*?)"', page.text)
    assert page.rows(caption)[1:3] == [
        ["random real X_c", "−1.95 ± 3.80", "5.00 ± 0.36", "0.550 ± 0.090", "0.60 ± 0.20"],
        ["random G(., c)", "–", "5.00 ± 0.36", "0.550 ± 0.090", "0.60 ± 0.20"],
    ]
    assert "<strong>7.68 ± 3.80</strong>" in page.text
    assert "test AUC, all users 0.778 ± 0.012" in page.said
    assert "few images" in page.said and "above 99.8 %" in page.said  # .9986 is not 99.9 %
    assert "DVBPR − BPR-MF: all +0.1686 ± 0.0040 (+26.9 %)" in page.said


def test_the_best_step_is_marked(whole):
    page, _ = whole
    assert "best 0.740 at step 20" in page.said and "best 12.2 at step 300" in page.said
    assert len([circle for circle in page.all("circle") if circle["class"] == "best"]) == 2


def shown(data):
    """Returns the bytes as which a picture stands on the page."""
    return base64.b64decode(embed(data, "x").uri.split(",")[1])


def test_pictures_are_those_of_the_files(whole, sources, planted):
    page, _ = whole
    assert page.bytes_of("tops designed for u0") == shown((sources["design"] / "design-0.png").read_bytes())
    assert page.bytes_of("The prototype") == shown((sources["tailor"] / "prototype.png").read_bytes())
    assert page.bytes_of("item i0, bought by u0") == shown(planted.encoded_photos([0])[0])
    assert page.bytes_of("item i1, retrieved for u0") == shown(planted.encoded_photos([1])[0])
    large = Image.open(io.BytesIO(page.bytes_of("Generated garments: nearest")))
    assert large.size == (320, 200)


def test_the_images_as_the_training_went_leave_out_the_untrained_ones(whole):
    page, _ = whole
    shown = [image["alt"] for image in page.all("img") if image["alt"].startswith("A grid")]
    assert [alt.rsplit(" ", 1)[1] for alt in shown[:-1]] == ["100", "200", "300"] and "photos" in shown[-1]


def test_an_explanation(whole, sources, planted):
    page, _ = whole
    map_file = sources["explain"] / "1-integrated_gradients.png"
    assert page.bytes_of("Heat map for u1: integrated gradients") == shown(map_file.read_bytes())
    assert page.bytes_of("item i6, bought, least alike for u1") == shown(planted.encoded_photos([6])[0])
    assert "Score −0.500, above 12.5 % of the catalogue" in page.said
    assert "of the difference, −1.250, −1.240 is attributed" in page.said
    assert "1.250 ± 0.125" in page.said and "87.5 %" in page.said
    assert page.bytes_of("after the change for u1") == shown((sources["explain"] / "1-after.png").read_bytes())


def test_what_is_not_given_is_left_out(call, sources, tmp_path):
    output = tmp_path / "page.html"
    status, out, _ = call(f"--gan={sources['gan']}", f"--tailor={sources['tailor']}", f"--output={output}")
    assert status == 0 and out.startswith(f"{output}: data, gan, tailoring;")
    page = Page(output.read_text(encoding="utf-8"))
    assert [one["id"] for one in page.all("section")] == ["data", "gan", "tailoring"]
    assert "AUC" not in page.said


def test_a_run_without_its_auc_shows_the_validation(call, sources, tmp_path):
    workdir = shutil.copytree(sources["recommender"], tmp_path / "run")
    (workdir / "auc.json").unlink()
    call(f"--recommender={workdir}", f"--output={tmp_path / 'page.html'}")
    said = Page((tmp_path / "page.html").read_text(encoding="utf-8")).said
    assert "validation AUC, all users 0.740" in said and f"tools.evaluate_auc --workdir={workdir}" in said


def test_a_figure_of_the_loss_stands_under_its_own_name(call, sources, tmp_path):
    folder = shutil.copytree(sources["recommender"], tmp_path / "run")
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    del lines[0]["loss"]  # as of an imported checkpoint
    del lines[1]["loss"]["weight_penalty"]
    (folder / "metrics.jsonl").write_text(report_sources.lines(lines))
    call(f"--recommender={folder}", f"--output={tmp_path / 'page.html'}")
    page = (tmp_path / "page.html").read_text()
    found = page[page.index('<table aria-label="Validations"') :]
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr>(.*?)</tr>", found)[:4]]
    assert rows[0][3:] == ["bpr", "user penalty", "weight penalty"]
    assert [row[3:] for row in rows[1:]] == [["–"] * 3, ["70.00", "0.50", "–"], ["50.00", "1.00", "13.50"]]
    assert "Ranking loss" in page and "Penalties" in page


def test_an_auc_of_an_older_step_is_pointed_out(call, sources, tmp_path):
    workdir = shutil.copytree(sources["recommender"], tmp_path / "run")
    content = json.loads((workdir / "auc.json").read_text())
    report_sources.write(workdir / "auc.json", {**content, "step": 10})
    call(f"--recommender={workdir}", f"--output={tmp_path / 'page.html'}")
    assert "This AUC is of step 10, but the best step is 20" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_warm_and_unseen_items_and_wins_have_their_places(call, sources, tmp_path):
    workdir = shutil.copytree(sources["recommender"], tmp_path / "run")
    content = json.loads((workdir / "auc.json").read_text())
    for row in content["rows"]:
        for split in ("validation", "test"):
            warm = {"warm": 0.6123, "warm_se": 0.01, "warm_users": 39, "new_users": 4}
            row[split] |= warm | {"unseen": 0.5432, "unseen_se": None, "unseen_users": 1}
    report_sources.write(workdir / "auc.json", {**content, "groups": ["all", "warm", "cold", "unseen"]})
    table3 = shutil.copytree(sources["table3"], tmp_path / "table3")
    content = json.loads((table3 / "table3.json").read_text())
    pair = {"name": "BPR-MF", "rival": "DVBPR", "users": 60, "winner": "DVBPR"}
    content["pairs"] = {"all": [pair], "cold": [pair | {"winner": None}]}
    report_sources.write(table3 / "table3.json", content)
    call(f"--recommender={workdir}", f"--table3={table3}", f"--output={tmp_path / 'page.html'}")
    page = Page((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert "test, warm" in page.said and "0.6123" in page.said and "0.5432" in page.said
    assert "39 a warm one (4 more bought nothing in training)" in page.said
    assert "all: DVBPR over BPR-MF" in page.said and "cold: none over any other" in page.said


def test_nothing_of_the_data_becomes_markup(call, sources, planted, tmp_path):
    evil = '<script>alert("1")</script>&amp;'
    report_sources.write_design(tmp_path / "design", planted, users=(evil, "u2"))
    flags = [f"--recommender={sources['recommender']}", f"--design={tmp_path / 'design'}"]
    status, _, _ = call(*flags, f"--title={evil}", f"--output={tmp_path / 'page.html'}")
    page = Page((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert status == 0 and not page.all("script")
    assert page.said.count(evil) >= 3
    assert f"{evil} 1.00, u2 1.00" in page.said and "mean of their scores" in page.said


def test_no_more_designs_than_asked_for(call, sources, planted, tmp_path):
    report_sources.write_design(tmp_path / "design", planted, count=5)
    flags = [f"--recommender={sources['recommender']}", f"--design={tmp_path / 'design'}", "--shown=2"]
    call(*flags, f"--output={tmp_path / 'page.html'}")
    page = Page((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert len(page.all("article")) == 2 and "3 more are in" in page.said


def browser():
    return shutil.which("chromium") or shutil.which("google-chrome")


@pytest.mark.skipif(browser() is None, reason="no browser here")
@pytest.mark.parametrize("width", [360, 390])
def test_the_page_is_no_wider_than_a_phone(whole, tmp_path, width):
    (tmp_path / "page.html").write_bytes(whole[1].read_bytes())
    # A window of the browser is wider than a phone, a frame need not be.
    frame = f'<iframe id="f" src="page.html" style="width:{width}px;height:800px;border:0"></iframe><p id="p"></p>'
    script = """onload = () => {
        const page = f.contentDocument, broken = [...page.images].filter(image => !image.naturalWidth)
        p.textContent = [page.documentElement.scrollWidth, broken.length, page.images.length]
    }"""
    (tmp_path / "phone.html").write_text(f"<!doctype html>{frame}<script>{script}</script>")
    command = [browser(), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-quic"]
    command += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    command += [
        "--allow-file-access-from-files",
        "--hide-scrollbars",
        f"--user-data-dir={tmp_path / 'profile'}",
        "--dump-dom",
    ]
    dom = subprocess.run(
        [*command, (tmp_path / "phone.html").as_uri()], capture_output=True, text=True, timeout=60, check=True
    )
    wide, broken, images = map(int, re.search(r'<p id="p">([\d,]+)', dom.stdout)[1].split(","))
    assert wide == width and broken == 0 and images == len(whole[0].all("img"))
