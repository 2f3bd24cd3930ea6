"""Pictures of a trained generator: the same again anywhere, told apart by name, beside the photos truly nearest."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest

from gan.sampling import samples
from gan.sampling.config import SampleConfig
from gan.sampling.samples import draw_samples, file_names
from gan.trained import TrainedGan
from tests.support.repository import repository
from tests.support.tiny_gan import refusal
from tests.support.tool import call, names
from tfrecords.photo_store.table import load_photo_table
from tools import sample_gan

pytestmark = pytest.mark.stack

ROOT = repository()
COUNT = 5


def draw(workdir, output, **given):
    settings = {"count": COUNT, "seed": 3, "steps": 3, **given}
    return draw_samples(SampleConfig(str(workdir), str(output), **settings), progress=False)


@pytest.fixture(scope="module")
def drawn(fast_gan, make_folder):
    output = make_folder("samples") / "all"
    result = draw(fast_gan, output)
    assert result["images"] == 2 * COUNT
    assert result["files"] == ["latents.npz", "shoes.png", "tops.png", "interpolation.png", "nearest.png"]
    assert names(output) == sorted(result["files"])
    return output


@pytest.mark.slow
def test_another_process_draws_the_same_whatever_else_is_asked_for(fast_gan, drawn, tmp_path):
    command = [sys.executable, "-m", "tools.sample_gan", f"--workdir={fast_gan}", f"--output={tmp_path}"]
    flags = [f"--count={COUNT}", "--seed=3", "--steps=3", "--category=tops", "--neighbours=0"]
    done = subprocess.run([*command, *flags], cwd=ROOT, capture_output=True, text=True, timeout=1200, check=True)
    assert f"{COUNT} images" in done.stdout
    assert (tmp_path / "tops.png").read_bytes() == (drawn / "tops.png").read_bytes()
    assert not (tmp_path / "shoes.png").exists()
    assert not (tmp_path / "nearest.png").exists()


def test_another_seed_and_truncation_draw_others(fast_gan, drawn, tmp_path):
    latents = np.load(drawn / "latents.npz")["latents"]
    draw(fast_gan, tmp_path / "seed", seed=4, neighbours=0, interpolations=0)
    draw(fast_gan, tmp_path / "half", truncation=0.5, neighbours=0, interpolations=0)
    assert (np.load(tmp_path / "seed/latents.npz")["latents"] != latents).all()
    np.testing.assert_allclose(np.load(tmp_path / "half/latents.npz")["latents"], latents / 2, rtol=1e-6)
    assert not (tmp_path / "half/interpolation.png").exists()


def test_latents_of_an_earlier_run_draw_its_pictures_again(fast_gan, drawn, tmp_path):
    draw(fast_gan, tmp_path, latents=str(drawn / "latents.npz"), seed=99)
    for file in drawn.glob("*.png"):
        assert file.read_bytes() == (tmp_path / file.name).read_bytes()
    for name in ("latents", "categories"):
        np.testing.assert_array_equal(np.load(drawn / "latents.npz")[name], np.load(tmp_path / "latents.npz")[name])


def test_images_are_the_generators_of_their_latents(fast_gan, drawn):
    trained, file = TrainedGan.open(fast_gan), np.load(drawn / "latents.npz")
    assert file["categories"].tolist() == ["shoes"] * COUNT + ["tops"] * COUNT
    assert file["latents"].dtype == np.float32
    numbers = np.array([trained.category(str(name)) for name in file["categories"]])
    images = samples._images(trained, file["latents"], numbers, progress=False)
    plain = trained.generator(file["latents"], trained.labels(numbers)).numpy()
    assert np.abs(images.astype(float) - (plain + 1) * 127.5).max() <= 0.51


def test_a_category_twice_is_drawn_once(fast_gan, tmp_path):
    assert draw(fast_gan, tmp_path, categories=("tops", "tops"), neighbours=0)["images"] == COUNT


def test_the_neighbours_shown_are_the_nearest_of_the_category(fast_gan, planted, tmp_path, monkeypatch):
    pages, own = [], samples.draw
    monkeypatch.setattr(samples, "draw", lambda rows, *size: pages.append(rows) or own(rows, *size))
    draw(fast_gan, tmp_path, neighbours=3)
    rows = pages[-1]
    assert [row.heading for row in rows[::3]] == ["shoes: drawn", "tops: drawn"]
    table = load_photo_table(planted, 32, progress=False).astype(np.float64)
    for category, (drawn, by_l1, by_l2) in enumerate((rows[:3], rows[3:])):
        photos = table[planted.item_categories == category]
        for place, image in enumerate(drawn.photos):
            difference = (photos - np.asarray(image, np.float64)) / 127.5
            for row, distances in (
                (by_l1, np.abs(difference).mean((1, 2, 3))),
                (by_l2, np.sqrt(np.square(difference).mean((1, 2, 3)))),
            ):
                np.testing.assert_array_equal(row.photos[place], photos[distances.argmin()])
                assert row.captions[place] == f"{distances.min():.3f}"


def test_no_two_categories_share_a_file():
    categories = [
        "Tops/Tees",
        "Tops Tees",
        "tops tees",
        "Größe: 3",
        "nearest",
        "interpolation",
        "",
        "x" * 300,
        "x" * 301,
    ]
    files = file_names(categories)
    assert files["Tops/Tees"] == "Tops_Tees"
    assert files["Tops Tees"] == "Tops_Tees-2"
    assert files["tops tees"] == "tops_tees-3"
    assert files["Größe: 3"] == "Größe_3"
    folded = [file.casefold() for file in files.values()]
    assert len({*folded, "nearest", "interpolation"}) == len(categories) + 2
    assert all(len(file) <= 60 and not set(file) & set("/\\: ") for file in files.values())


def renamed(workdir, copy, **names):
    """A copy of a workdir with other names for its categories."""
    shutil.copytree(workdir, copy, ignore=shutil.ignore_patterns("checkpoints", "tensorboard"))
    config = json.loads((copy / "config.json").read_text())
    for key in ("categories", "present"):
        config[key] = [names[name] for name in config[key]]
    (copy / "config.json").write_text(json.dumps(config))
    return copy


def test_categories_with_slashes_and_spaces_get_files_of_their_own(fast_gan, drawn, tmp_path, capsys):
    workdir = renamed(fast_gan, tmp_path / "run", shoes="a/b", tops="a b")
    result = draw(workdir, tmp_path / "out", neighbours=0, interpolations=0)
    assert result["files"] == ["latents.npz", "a_b.png", "a_b-2.png"]
    alone = draw(workdir, tmp_path / "alone", categories=("a b",), neighbours=0, interpolations=0)
    assert alone["files"] == ["latents.npz", "a_b-2.png"]
    assert (tmp_path / "out/a_b-2.png").read_bytes() == (tmp_path / "alone/a_b-2.png").read_bytes()
    line = refusal(
        capsys, sample_gan, f"--workdir={workdir}", f"--output={tmp_path}/x", f"--latents={drawn}/latents.npz"
    )
    assert "latents.npz: category 'shoes': not one the GAN was trained on (a/b, a b)" in line
    assert not (tmp_path / "x").exists()


def test_categories_with_commas_are_written_as_they_are(fast_gan, tmp_path, capsys):
    workdir = renamed(fast_gan, tmp_path / "run", shoes="a, b", tops="a")
    for number, (asked, files) in enumerate([("a, b", ["a_b"]), ("a", ["a"]), ("a, b,a", ["a_b", "a"])]):
        output = tmp_path / str(number)
        flags = (f"--workdir={workdir}", f"--output={output}", "--count=1", "--neighbours=0", "--interpolations=0")
        assert call(capsys, sample_gan.cli, *flags, f"--category={asked}")[0] == 0
        assert sorted(path.stem for path in output.glob("*.png")) == sorted(files)


def test_samples_replace_samples_and_nothing_else(fast_gan, tmp_path, capsys, monkeypatch):
    output = tmp_path / "out"
    draw(fast_gan, output, neighbours=0, interpolations=0)
    draw(fast_gan, output, categories=("tops",), neighbours=0, interpolations=0)
    assert names(output) == ["latents.npz", "tops.png"]
    before = (output / "latents.npz").read_bytes()

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(samples, "save", killed)
        draw(fast_gan, output, neighbours=0, interpolations=0, seed=1)
    assert {path.name for path in tmp_path.iterdir()} == {"out"}
    assert (output / "latents.npz").read_bytes() == before

    (output / "design.json").write_text("{}")
    line = refusal(capsys, sample_gan, f"--workdir={fast_gan}", f"--output={output}")
    assert "holds design.json, which no earlier run wrote; move it away" in line
    own = tmp_path / "own"
    own.mkdir()
    (own / "tops.png").write_bytes(b"mine")
    assert "holds other things" in refusal(capsys, sample_gan, f"--workdir={fast_gan}", f"--output={own}")
    assert (own / "tops.png").read_bytes() == b"mine"
