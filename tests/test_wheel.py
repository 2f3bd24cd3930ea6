"""The wheel: built, installed into an environment of its own, and used."""

import os
import subprocess
import sys
import sysconfig
import zipfile

import pytest

from tests.support.repository import repository


def run(command, **options):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(make_folder):
    folder = make_folder("wheel")
    copy = folder / "checkout"  # Building leaves files in the folder that is built.
    copy.mkdir()
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE", "tf_dvbpr", "gan", "tfrecords", "tools"):
        run(["cp", "-r", repository() / name, copy])
    pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-q"]
    run([*pip, "-w", folder, copy])
    return next(folder.glob("*.whl"))


@pytest.mark.slow
def test_it_claims_three_names_and_has_the_type_marks(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"tf_dvbpr", "gan", "tfrecords"}
    assert {f"{name}/py.typed" for name in tops} <= set(names)
    page = {f"gan/studio/page/{path.name}" for path in (repository() / "gan/studio/page").iterdir()}
    assert page and page <= set(names)
    assert {"tf_dvbpr/tools/train_dvbpr.py", "tf_dvbpr/api/recommender.py", "gan/api/designer.py"} <= set(names)


@pytest.mark.slow
def test_it_is_installed_and_used(wheel, planted_folder, make_folder):
    folder = make_folder("environment")
    run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"])
    own = next((folder / "venv/lib").glob("python*")) / "site-packages"
    python = folder / "venv/bin/python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", "-q", wheel]
    run(pip)
    # TensorFlow and the rest are those of the running environment; its editable install of this project comes later.
    (own / "running.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    shown = run([folder / "venv/bin/dvbpr-describe-dataset", f"--dataset={planted_folder}"], cwd=folder)
    assert "60" in shown and "90" in shown
    code = "import tf_dvbpr, gan, tfrecords, tf_dvbpr.tools.train_gan as tool; print(tf_dvbpr.__file__, tool.__file__)"
    assert run([python, "-c", code], cwd=folder).split() == [
        str(own / "tf_dvbpr/__init__.py"),
        str(own / "tf_dvbpr/tools/train_gan.py"),
    ]
    assert not (own / "tools").exists()
