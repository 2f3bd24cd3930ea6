import functools
import json
import shutil
from types import SimpleNamespace

import pytest

from tests.support import report_sources, tool
from tests.support.tool import fails, names
from tf_dvbpr.report import recommender_section
from tfrecords.errors import InputError
from tools import report


@pytest.fixture(scope="module")
def sources(planted, make_folder):
    return report_sources.write_all(make_folder("sources"), planted)


@pytest.fixture
def refused(capsys):
    return lambda *arguments: fails(functools.partial(tool.call, capsys, report.cli), *arguments)


def flags_of(folders):
    return [f"--{name}={folder}" for name, folder in folders.items()]


def damage(folder, name, content):
    if content is None:
        (folder / name).unlink()
    else:
        report_sources.write(folder / name, content)


DAMAGES = [
    ("recommender", "config.json", None, "the workdir of a recommender"),
    ("recommender", "metrics.jsonl", '{"step": 1, "loss": 3}\n', "metrics.jsonl: not as"),
    ("recommender", "auc.json", "{", "auc.json: damaged, not JSON"),
    ("recommender", "auc.json", '{"x":' * 100_000, "auc.json: damaged, not JSON"),
    ("recommender", "auc.json", '{"x": 1e999}', "1e999 is too large a number"),
    ("recommender", "config.json", "[" * 100_000, "config.json: not a run's config"),
    ("recommender", "auc.json", {"fingerprint": "other"}, "auc.json: of another data set"),
    ("gan", "reals.png", b"\x89PNG\r\n\x1a\nno", "reals.png: not an image"),
    ("table3", "table3.json", None, "no table3.json here, it is an empty folder; tools.compare writes it"),
    ("table3", "table3.json", {"data_set": {"fingerprint": "other"}}, "of another data set"),
    ("table3", "table3.json", {"rows": []}, "'data_set' is missing"),
    ("samples", "latents.npz", None, "no latents.npz here"),
    ("samples", "design.json", {}, "what tools.design made; give it as --design"),
    ("table4", "table4.json", "[1]", "a JSON object expected, not a list"),
    ("table4", "table4.json", {"sources": [{"name": "x"}], "k": "3"}, "'trials' is missing"),
    (
        "design",
        "design.json",
        None,
        "no design.json here, it holds other things",
    ),
    ("design", "design.json", '{"designs": [{"score": NaN}]}', "damaged, not JSON"),
    ("design", "design.json", {"designs": []}, "no designs in it"),
    ("design", "design-0.png", None, "design-0.png: this picture is missing"),
    ("tailor", "u1-10.png", None, "u1-10.png: this picture is missing"),
    ("tailor", "prototype.png", b"text", "prototype.png: not an image"),
    ("explain", "1-integrated_gradients.png", None, "1-integrated_gradients.png: this picture is missing"),
    ("explain", "explain.json", b"{", "explain.json: damaged, not JSON"),
]


@pytest.mark.parametrize(("source", "name", "content", "told"), DAMAGES, ids=lambda value: str(value)[:20])
def test_a_damaged_source_is_told_in_one_line_and_nothing_is_written(
    refused, sources, tmp_path, source, name, content, told
):
    run = {} if source == "gan" else {"recommender": sources["recommender"]}
    folders = {**run, source: shutil.copytree(sources[source], tmp_path / "bad")}
    damage(folders[source], name, content)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "page.html").write_text("before")
    line = refused(*flags_of(folders), f"--output={tmp_path / 'out' / 'page.html'}")
    assert told in line and str(tmp_path / "bad") in line
    assert names(tmp_path / "out") == ["page.html"] and (tmp_path / "out" / "page.html").read_text() == "before"


def edited(folder, name, change):
    content = json.loads((folder / name).read_text())
    change(content)
    report_sources.write(folder / name, content)


@pytest.mark.parametrize(
    ("source", "change", "told"),
    [
        ("design", lambda c: c["designs"][0]["retrieved"][0].update(item="nothing"), "the item 'nothing' is not in"),
        ("design", lambda c: c["designs"][0]["designed"][0].update(file="../x.png"), "'../x.png' is not the name"),
        ("design", lambda c: c["designs"][0]["designed"][0].update(score="high"), "design.json: not as tools.design"),
        ("tailor", lambda c: c["tailored"][0]["steps"][0].pop("score"), "tailor.json: 'score' is missing"),
        ("tailor", lambda c: c.update(tailored=[]), "nothing tailored in it"),
        ("explain", lambda c: c.update(explanations=[]), "nothing explained in it"),
        ("explain", lambda c: c["explanations"][0].pop("gap"), "explain.json: 'gap' is missing"),
        ("explain", lambda c: c["explanations"][0]["heat_maps"].update(grad_cam="../x.png"), "'../x.png' is not the"),
        ("explain", lambda c: c["explanations"][0]["preferred"][0].update(item="none"), "the item 'none' is not in"),
        ("explain", lambda c: c["segments"][0].update(users="40"), "'40' where a number is expected"),
        ("tailor", lambda c: c["tailored"][0]["steps"][0].update(step="a"), "'a' where a number is expected"),
        ("tailor", lambda c: c.update(reconstruction_error=True), "True where a number is expected"),
        ("design", lambda c: c.update(steps="many"), "'many' where a number is expected"),
        ("design", lambda c: c.update(starts=None), "None where a number is expected"),
        (
            "design",
            lambda c: c["designs"][0]["designed"][0].update(better_than=True),
            "True where a number is expected",
        ),
        ("table4", lambda c: c.update(k=True), "True where a number is expected"),
        ("table4", lambda c: c["sources"][0].update(frechet_distance="a"), "'a' where a number is expected"),
        ("table4", lambda c: c["sources"][0].pop("attributes"), "table4.json: 'attributes' is missing"),
        (
            "table4",
            lambda c: c["sources"][0]["quality"].update(mean=10**400),
            "table4.json: not as tools.evaluate_design",
        ),
    ],
)
def test_what_a_file_says_wrongly_is_told(refused, sources, tmp_path, source, change, told):
    folder = shutil.copytree(sources[source], tmp_path / "bad")
    edited(folder, f"{source}.json", change)
    flags = [f"--recommender={sources['recommender']}", f"--{source}={folder}"]
    assert told in refused(*flags, f"--output={tmp_path / 'page.html'}")
    assert not (tmp_path / "page.html").exists()


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("config.json", lambda c: c.update(versions=[1]), "config.json: not as the training writes it"),
        ("auc.json", lambda c: c["rows"][0]["test"].update(all_se=False), "False where a number is expected"),
        ("auc.json", lambda c: c.update(step="20"), "'20' where a number is expected"),
        ("auc.json", lambda c: c["rows"][0]["validation"].update(all=10**400), "auc.json: not as tools.evaluate_auc"),
    ],
)
def test_what_a_run_says_wrongly_is_told(refused, sources, tmp_path, name, change, told):
    folder = shutil.copytree(sources["recommender"], tmp_path / "bad")
    edited(folder, name, change)
    assert told in refused(f"--recommender={folder}", f"--output={tmp_path / 'page.html'}")
    assert not (tmp_path / "page.html").exists()


EXPECTED = {
    "recommender": "workdir of a recommender",
    "gan": "workdir of a GAN",
    "design": "tools.design writes it",
}
FOUND = {
    "dataset": "it is a data set of tools.build_dataset",
    "gan": "it is the workdir of the GAN",
    "recommender": "it is the workdir of DVBPR",
    "tailor": "it is a folder of tools.tailor",
    "empty": "it is an empty folder",
    "nowhere": "nothing is there",
    "file": "it is a file",
    "others": "it holds other things, as mine.txt",
}


@pytest.mark.parametrize(
    ("flag", "source", "found"),
    [(flag, source, found) for flag in EXPECTED for source, found in FOUND.items() if flag != source],
)
def test_a_wrong_folder_is_told_for_what_it_is(refused, sources, planted, tmp_path, flag, source, found):
    report_sources.write(tmp_path / "others/mine.txt", "mine")
    report_sources.write(tmp_path / "file", "mine")
    (tmp_path / "empty").mkdir()
    folder = {**sources, "dataset": planted.path}.get(source, tmp_path / source)
    good = [f"--recommender={sources['recommender']}"] if flag == "design" else []
    line = refused(*good, f"--{flag}={folder}", f"--output={tmp_path / 'page.html'}")
    assert f"{folder}: " in line and found in line and EXPECTED[flag] in line
    assert not (tmp_path / "page.html").exists()


def test_flags_that_cannot_be(refused, sources, tmp_path, dataset):
    good, output = f"--recommender={sources['recommender']}", f"--output={tmp_path / 'page.html'}"
    assert "give --recommender, --gan or both" in refused(output)
    assert "ends in .html" in refused(good, f"--output={tmp_path / 'page'}")
    assert "--shown=0" in refused(good, output, "--shown=0")
    assert "commas between" in refused(good, output, "--table4=a,,b")
    (tmp_path / "file").write_text("")
    assert "is a file, not a folder" in refused(good, f"--output={tmp_path / 'file' / 'page.html'}")
    (tmp_path / "folder.html").mkdir()
    assert "a folder is here already" in refused(good, f"--output={tmp_path / 'folder.html'}")
    report_sources.write_gan(tmp_path / "gan", dataset)
    assert "another data set than --recommender" in refused(good, f"--gan={tmp_path / 'gan'}", output)
    assert not (tmp_path / "page.html").exists()


def test_a_model_without_a_row_is_named(tmp_path):
    auc = {"model": "dvbpX", "rows": [{"name": "dvbpr", "test": 0.7}, {"name": "poprank", "test": 0.6}]}
    expected = r"auc\.json: .*model 'dvbpX' has no row; the rows are dvbpr, poprank"
    with pytest.raises(InputError, match=expected):
        recommender_section.own_row(auc, SimpleNamespace(path=tmp_path))
