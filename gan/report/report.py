"""Collects the parts of a run and writes the page."""

from pathlib import Path

from gan.report.config import ReportConfig
from gan.report.design_section import design_section
from gan.report.gan_section import gan_section
from gan.report.gan_section import headline as gan_headline
from gan.report.samples_section import samples_section
from gan.report.table4_section import table4_section
from gan.report.tailor_section import tailor_section
from tf_dvbpr.model_names import GAN
from tf_dvbpr.report.data_section import data_section
from tf_dvbpr.report.explain_section import explain_section
from tf_dvbpr.report.formats import whole
from tf_dvbpr.report.found_folder import found_in
from tf_dvbpr.report.history import History
from tf_dvbpr.report.item_photos import ItemPhotos
from tf_dvbpr.report.json_input import as_written_by
from tf_dvbpr.report.page import page
from tf_dvbpr.report.recommender_section import headline, read_auc, recommender_section
from tf_dvbpr.report.table3_section import table3_section
from tf_dvbpr.workdir import Workdir
from tfrecords.dataset import Dataset
from tfrecords.errors import InputError, option
from tfrecords.files.atomic_file import write_text
from tfrecords.progress_bar import progress_bar

_EXPECTED = {
    "recommender": "the workdir of a recommender, as tools.train_dvbpr or tools.train_baseline leaves one,",
    "gan": "the workdir of a GAN, as tools.train_gan leaves one,",
}


def write_report(config: ReportConfig, progress: bool = True) -> dict:
    """Writes the page atomically.

    Returns:
        ``output``, ``sections`` (their anchors in order) and ``bytes``.

    Raises:
        InputError: a source is missing, damaged or from another data set.
    """
    recommender, gan = (_open(name, getattr(config, name), config.dataset) for name in ("recommender", "gan"))
    runs = [run for run in (recommender, gan) if run is not None]
    if len({run.config["dataset_fingerprint"] for run in runs}) > 1:
        raise InputError(
            f"{option('gan', config.gan)}: trained on another data set than {option('recommender', config.recommender)}"
        )
    dataset = runs[0].dataset()
    photos, fingerprint = ItemPhotos(dataset), dataset.fingerprint
    stats = [(name, whole(dataset.meta["counts"][name]), "") for name in ("users", "items", "interactions")]
    makers = []
    if recommender is not None:
        history, auc = History.of(recommender), read_auc(recommender)
        stats += headline(auc, recommender, history)
        makers.append(lambda: recommender_section(recommender, history, auc))
    if config.table3 is not None:
        makers.append(lambda: table3_section(Path(config.table3), fingerprint))
    if gan is not None:
        gan_history = History.of(gan)
        stats += gan_headline(gan_history)
        makers.append(lambda: gan_section(gan, gan_history))
    if config.samples is not None:
        makers.append(lambda: samples_section(Path(config.samples)))
    if config.table4:
        makers.append(lambda: table4_section([Path(folder) for folder in config.table4]))
    if config.design is not None:
        makers.append(lambda: design_section(Path(config.design), photos, config.shown))
    if config.tailor is not None:
        makers.append(lambda: tailor_section(Path(config.tailor), config.shown))
    if config.explain is not None:
        makers.append(lambda: explain_section(Path(config.explain), photos, config.shown))
    # The data set comes first on the page and is read last, so that other errors appear before this long part.
    makers.append(lambda: data_section(dataset, photos))
    with progress_bar(makers, desc="report", unit="section", disable=not progress, leave=False) as bar:
        *others, data = [make() for make in bar]
    sections = [data, *others]
    title = config.title or f"{dataset.name}: {' and '.join(run.model_name for run in runs)}"
    text = page(title, _lead(runs, dataset), stats, sections, _foot(runs[0]))
    output = Path(config.output)
    output.parent.mkdir(parents=True, exist_ok=True)
    write_text(output, text)
    return {"output": str(output), "sections": [one.anchor for one in sections], "bytes": len(text.encode())}


def _open(flag: str, folder: str | None, moved_to: str | None) -> Workdir | None:
    if folder is None:
        return None
    path, expected = Path(folder), _EXPECTED[flag]
    if not (path / "config.json").is_file():
        raise InputError(f"{option(flag, folder)}: {found_in(path)}; {expected} expected")
    workdir = Workdir.open(folder, moved_to)
    if (workdir.config["model"] == GAN) != (flag == "gan"):
        other = "recommender" if flag == "gan" else "gan"
        raise InputError(
            f"{option(flag, folder)}: {found_in(path)}; {expected} expected. Give this one as {option(other)}"
        )
    return workdir


def _lead(runs: list[Workdir], dataset: Dataset) -> str:
    names = [run.model_name + _preset(run) for run in runs]
    return f"{' and '.join(names)} on the data set {dataset.name}: what was learnt from, how, and what came of it."


def _preset(run: Workdir) -> str:
    preset = run.config["train"].get("preset")
    return f" (preset {preset})" if preset else ""


def _foot(run: Workdir) -> str:
    with as_written_by("the training", run.path / "config.json"):
        versions = run.config.get("versions", {}).items()
    return "Made by tf_dvbpr from files alone. Trained with " + ", ".join(
        f"{name} {version}" for name, version in versions
    )
