"""What the GAN's tools refuse: one clear line, exit status 1, and nothing that a later run would take for whole."""

import csv
import json
import shutil

import numpy as np
import pytest

from gan.config import GanConfig
from gan.training.train import resolve
from tests.support.shop import edit_metadata
from tests.support.tiny_gan import refusal, run_tool, training
from tfrecords.build import build_dataset
from tfrecords.build_config import BuildConfig
from tfrecords.dataset import Dataset
from tfrecords.errors import InputError
from tools import compare, evaluate_auc, export_saved_model, recommend, sample_gan, train_dvbpr, train_gan

pytestmark = pytest.mark.usefixtures("few_pairs")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("image_size", 48),
        ("latent_dim", 0),
        ("generator", "unet"),
        ("generator_width", 6),
        ("augment", "colour,blur"),
        ("augment", "colour, cutout"),
        ("upsampling_kernel", 5),
        ("average", 1.0),
        ("learning_rate", float("nan")),
        ("discriminator_learning_rate", -1.0),
        ("beta1", 1.0),
        ("epochs", 0.0),
        ("max_photos", 15),
        ("measure_samples", 99),
        ("judge", "resnet"),
        ("judge_weights", "w.h5"),
        ("judge_batch_norm_epsilon", 0.0),
        ("batch_size", 10**9),
        ("seed", -1),
    ],
)
def test_impossible_settings_name_the_flag(name, value):
    with pytest.raises(InputError, match=f"{name}={value}: expected"):
        GanConfig("data", "run", **{name: value})


def test_impossible_flags_start_nothing(planted_folder, tmp_path, capsys):
    run = tmp_path / "run"
    for flag, said in (
        ("--image_size=48", "expected one of 32, 64, 128, 256"),
        ("--augment=blur", "expected some of colour,cutout,translation"),
        ("--judge=resnet", "expected one of own, convnext_tiny"),
    ):
        assert said in refusal(capsys, train_gan, f"--dataset={planted_folder}", f"--workdir={run}", flag)
    assert "no data set here" in refusal(capsys, train_gan, f"--dataset={tmp_path}", f"--workdir={run}")
    assert run_tool(capsys, train_gan, f"--workdir={run}")[0] == 2
    assert not run.exists()


def test_no_augmentation_has_a_word(tmp_path, capsys):
    for preset in ("fast", "release"):
        assert resolve("data", "run", preset, {"augment": "none"}).augmentations == ()
    # An empty flag is refused as a shell's unset variable; the word passes and the next thing is looked at.
    assert "is empty" in run_tool(capsys, train_gan, f"--dataset={tmp_path}", "--workdir=w", "--augment=")[2]
    assert "no data set here" in refusal(capsys, train_gan, f"--dataset={tmp_path}", "--workdir=w", "--augment=none")


def partly_labelled(planted_folder, folder):
    """The planted shop with a fifth of its items in no category."""
    source = planted_folder.parent / "source"
    folder.mkdir()
    shutil.copy(source / "interactions.csv", folder)
    with (source / "items.csv").open(newline="") as old, (folder / "items.csv").open("w", newline="") as new:
        rows = csv.writer(new)
        for number, row in enumerate(csv.reader(old)):
            rows.writerow([*row[:2], ""] if number % 5 == 1 else row)
    config = BuildConfig(source="csv", input=folder, images=source, output=folder / "dataset")
    return build_dataset(config, progress=False).path


def with_hats(dataset):
    """The data set with one category more, which has no items."""
    meta = Dataset.open(dataset).meta
    names = [*meta["category_names"], "hats"]
    sizes = {**meta["category_counts"], "hats": 0}
    counts = {**meta["counts"], "categories": len(names)}
    return edit_metadata(dataset, category_names=names, category_counts=sizes, counts=counts)


def without_categories(planted_folder, folder):
    """The planted shop's photos with no word of categories."""
    source = planted_folder.parent / "source"
    folder.mkdir()
    shutil.copy(source / "interactions.csv", folder)
    with (source / "items.csv").open(newline="") as old, (folder / "items.csv").open("w", newline="") as new:
        csv.writer(new).writerows(row[:2] for row in csv.reader(old))
    config = BuildConfig(source="csv", input=folder, images=source, output=folder / "dataset")
    return build_dataset(config, progress=False).path


@pytest.mark.slow
def test_what_a_data_set_lacks_is_said(planted_folder, tmp_path, capsys):
    dataset = partly_labelled(planted_folder, tmp_path / "shop")
    with_hats(dataset)
    run = tmp_path / "run"
    status, out, _ = run_tool(capsys, *training(dataset, run, measure_samples=0, max_photos=8))
    assert status == 0
    assert f"{dataset}: 18 of 90 photos left out: no category" in out
    assert f"{dataset}: hats left out: no photos" in out
    assert out.endswith("on 72 photos of shoes, tops\n")
    line = refusal(capsys, sample_gan, f"--workdir={run}", f"--output={tmp_path}/out", "--category=hats")
    assert "--category: category 'hats': not one the GAN was trained on (shoes, tops)" in line

    dataset = without_categories(planted_folder, tmp_path / "bare")
    one = tmp_path / "one"
    status, out, _ = run_tool(capsys, *training(dataset, one, measure_samples=100, max_photos=8))
    assert status == 0
    assert f"{dataset}: no categories: all 90 photos are trained as one, 'garment'" in out
    assert "the last weights are kept: a judge trained here (judge=own) needs more than one category" in out
    assert out.endswith("on 90 photos of garment\n")
    assert not (one / "judge").exists()
    assert run_tool(capsys, sample_gan, f"--workdir={one}", f"--output={tmp_path}/out", "--count=2")[0] == 0
    assert {path.name for path in (tmp_path / "out").glob("[!.]*")} == {
        "garment.png", "interpolation.png", "nearest.png", "latents.npz"
    }  # fmt: skip


def test_a_data_set_of_which_no_photo_has_a_category_is_refused(planted_folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(Dataset, "item_categories", np.full(90, -1, np.int32))
    assert "no item has one of its categories" in refusal(capsys, *training(planted_folder, tmp_path / "run"))
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_workdir_of_another_kind_is_refused(gan, planted_folder, tmp_path, capsys):
    before = (gan / "config.json").read_text()
    small = {"measure_samples": 100}
    line = refusal(capsys, *training(planted_folder, gan, latent_dim=9, **small))
    assert "--latent_dim=8, not with --latent_dim=9" in line
    assert "--beta1=0.5, not with --beta1=0.4" in refusal(capsys, *training(planted_folder, gan, beta1=0.4, **small))
    line = refusal(capsys, train_dvbpr, f"--dataset={planted_folder}", f"--workdir={gan}")
    assert "this workdir belongs to the GAN, not to DVBPR" in line
    assert "recommends nothing" in refusal(capsys, evaluate_auc, f"--workdir={gan}")
    assert "recommends nothing" in refusal(capsys, recommend, f"--workdir={gan}", "--user=u0")
    line = refusal(
        capsys, compare, f"--dataset={planted_folder}", f"--output={tmp_path}/out", "--models=dvbpr",
        f"--dvbpr_workdir={gan}",
    )  # fmt: skip
    assert "holds the GAN, not DVBPR" in line
    assert (gan / "config.json").read_text() == before

    config = json.loads(before)
    (gan / "config.json").write_text(json.dumps({**config, "model": "dvbpr"}))
    assert "belongs to DVBPR, not to the GAN" in refusal(capsys, *training(planted_folder, gan, **small))
    line = refusal(capsys, sample_gan, f"--workdir={gan}", f"--output={tmp_path}/out")
    assert "belongs to DVBPR, not to the GAN; give one of tools.train_gan" in line
    (gan / "config.json").write_text(json.dumps({**config, "train": {"image_size": "32"}}))
    assert "config.json: not a run's config" in refusal(
        capsys, sample_gan, f"--workdir={gan}", f"--output={tmp_path}/out"
    )
    (gan / "config.json").write_text(json.dumps({**config, "dataset_fingerprint": "another"}))
    assert "another data set" in refusal(capsys, *training(planted_folder, gan, **small))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("tool", [sample_gan, export_saved_model])
def test_nothing_trained_yet(tool, gan, tmp_path, capsys):
    shutil.rmtree(gan / "best")
    line = refusal(capsys, tool, f"--workdir={gan}", f"--output={tmp_path}/out")
    assert "nothing was trained yet; run the training to its first grid at least" in line
    assert "not a workdir" in refusal(capsys, tool, f"--workdir={tmp_path}/no", f"--output={tmp_path}/out")
    assert not (tmp_path / "out").exists()


def test_outputs_that_cannot_be(fast_gan, planted_folder, tmp_path, capsys):
    (tmp_path / "file").write_text("kept")
    for tool in (sample_gan, export_saved_model):
        for output, said in (("file", "a file is here already"), ("file/out", "is a file, not a folder")):
            assert said in refusal(capsys, tool, f"--workdir={fast_gan}", f"--output={tmp_path / output}")
    for workdir, said in (("file", "a file is here already"), ("file/run", "is a file, not a folder")):
        assert said in refusal(capsys, *training(planted_folder, tmp_path / workdir))
    line = refusal(capsys, export_saved_model, f"--workdir={fast_gan}", f"--output={tmp_path}/new", "--index=ivf")
    assert "--index=ivf: a GAN has no items to search" in line
    assert (tmp_path / "file").read_text() == "kept"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_latents_that_do_not_fit(fast_gan, tmp_path, capsys):
    names, good = np.array(["tops", "shoes"]), np.zeros([2, 8], np.float32)

    def said(content, *more):
        path = tmp_path / "latents.npz"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            np.savez(path, **content)
        output = f"--output={tmp_path}/out"
        line = refusal(capsys, sample_gan, f"--workdir={fast_gan}", output, f"--latents={path}", *more)
        assert "--latents" in line
        return line

    whole = tmp_path / "whole.npz"
    np.savez(whole, latents=good, categories=names)
    array = tmp_path / "array.npy"
    np.save(array, good)
    for content in (b"", b"no archive", whole.read_bytes()[:300], array.read_bytes(), {"latents": good}):
        assert "expected a latents.npz of tools.sample_gan" in said(content)
    pickled = {"latents": np.array([{}, {}]), "categories": names}
    line = said(pickled)
    assert "expected a latents.npz of tools.sample_gan" in line and "allow_pickle" not in line
    for latents in (np.zeros([2, 9]), np.zeros([8]), np.zeros([0, 8]), np.zeros([2, 8], int)):
        assert "this GAN's latents are float32 [N, 8]" in said({"latents": latents, "categories": names})
    for latents in (good + np.nan, good + np.inf, np.full([2, 8], 1e300)):
        assert "finite numbers" in said({"latents": latents, "categories": names})
    assert "a category for each latent" in said({"latents": good, "categories": names[:1]})
    unknown = {"latents": good, "categories": np.array(["tops", "hats"])}
    assert "latents.npz: category 'hats': not one the GAN was trained on (shoes, tops)" in said(unknown)
    assert "--count, --seed: " in said({"latents": good, "categories": names}, "--count=3", "--seed=1")
    missing = refusal(
        capsys, sample_gan, f"--workdir={fast_gan}", f"--output={tmp_path}/out", f"--latents={tmp_path}/no"
    )
    assert "no such file" in missing
    assert not (tmp_path / "out").exists()


def test_impossible_samples(fast_gan, tmp_path, capsys):
    for flag in (
        "count=0",
        "seed=-1",
        "truncation=0",
        "truncation=nan",
        "steps=1",
        "interpolations=-1",
        "neighbours=101",
    ):
        line = refusal(capsys, sample_gan, f"--workdir={fast_gan}", f"--output={tmp_path}/out", f"--{flag}")
        assert f"--{flag.split('=')[0]}=" in line and "expected" in line
    line = refusal(capsys, sample_gan, f"--workdir={fast_gan}", f"--output={tmp_path}/out", "--category=Tops")
    assert "--category: category 'Tops': not one the GAN was trained on (shoes, tops)" in line
    assert not (tmp_path / "out").exists()


def test_a_data_set_that_is_gone(gan, tmp_path, capsys):
    config = json.loads((gan / "config.json").read_text())
    (gan / "config.json").write_text(json.dumps({**config, "dataset": str(tmp_path / "gone")}))
    out = f"--output={tmp_path}/out"
    line = refusal(capsys, sample_gan, f"--workdir={gan}", out)
    assert f"trained on a data set at {tmp_path}/gone, and there is none now" in line
    assert "--neighbours=0 draws without it" in line
    assert "gone, and there is none now" in refusal(capsys, export_saved_model, f"--workdir={gan}", out)
    assert not (tmp_path / "out").exists()
    assert run_tool(capsys, sample_gan, f"--workdir={gan}", out, "--count=1", "--neighbours=0")[0] == 0
    assert {path.name for path in (tmp_path / "out").glob("[!.]*")} == {"shoes.png", "tops.png", "latents.npz"}
