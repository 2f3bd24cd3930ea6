"""Opens the networks that judge an evaluation's images; those that it trains are kept beside the GAN."""

import dataclasses
import hashlib
from pathlib import Path

from gan.categories import labelled
from gan.design.model_pair import Studio
from gan.evaluation.config import EvaluateConfig
from gan.evaluation.garment_metrics import AttributeJudge
from gan.judge_config import OWN_JUDGE
from gan.metrics.category_classifier import trained_classifier
from gan.metrics.judge import Judge
from gan.metrics.judge_folder import judge_folder
from tf_dvbpr.explanation.attribute_table import Attribute, attributes_of
from tf_dvbpr.workdir import Workdir
from tfrecords.dataset import Dataset
from tfrecords.errors import InputError, option
from tfrecords.photo_store.store import PhotoStore


@dataclasses.dataclass(frozen=True)
class Judges:
    """The networks of an evaluation.

    Attributes:
        quality: gives the classifier score and the features.
        own: the classifier of the data set's categories, trained here; None: the GAN draws one category.
        attributes: a classifier of each attribute that was asked for.
    """

    quality: Judge
    own: Judge | None
    attributes: tuple[AttributeJudge, ...]


def open_judges(config: EvaluateConfig, studio: Studio, progress: bool) -> Judges:
    """Opens or trains the judges. Raises InputError for a judge or an attribute that there cannot be."""
    workdir, size = Workdir.open(config.gan), studio.networks.image_size
    same = workdir.config["dataset_fingerprint"] == studio.dataset.fingerprint
    asked = _asked(config, studio.dataset)
    quality = own = None
    if config.judge != OWN_JUDGE:
        weights = Path(config.judge_weights) if config.judge_weights else None
        quality = Judge.load(config.judge, weights, config.judge_batch_norm_epsilon)
    elif len(studio.gan.present) < 2:
        raise InputError(
            f"{config.gan}: draws only one category, so its own classifier cannot judge: give {option('judge')}"
        )
    if len(studio.gan.present) > 1:
        # The judge of the GAN's training, if there is one.
        dataset = studio.dataset if same else workdir.dataset()
        categories, names = labelled(dataset)
        own = _classifier(judge_folder(workdir), dataset, size, categories, len(names), studio, progress)[0]
    attributes = []
    for one in asked:
        folder = judge_folder(workdir) / f"attribute-{_digest(one, studio)}"
        judge, accuracy = _classifier(folder, studio.dataset, size, one.codes, len(one.values), studio, progress)
        attributes.append(AttributeJudge(one.name, one.values, judge, accuracy))
    return Judges(quality or own, own, tuple(attributes))


def _classifier(
    folder: Path, dataset: Dataset, size: int, labels: object, count: int, studio: Studio, progress: bool
) -> tuple[Judge, float]:
    """Returns a classifier that is kept in `folder`, or trained and kept there, and its accuracy."""
    seed = studio.gan.config.seed
    classifier = trained_classifier(
        folder, size, lambda: PhotoStore(dataset, size, progress=progress), labels, count, seed, progress
    )
    return Judge(OWN_JUDGE, size, classifier.classify), classifier.accuracy


def _asked(config: EvaluateConfig, dataset: Dataset) -> list[Attribute]:
    if not config.attributes:
        return []
    table = attributes_of(dataset)
    known = {one.name: one for one in table.attributes}
    names = list(dict.fromkeys(config.attributes))
    for name in names:
        if name not in known:
            reason = table.left_out.get(name, "no such column")
            there = f"{dataset.path} has {', '.join(known)}" if known else f"{dataset.path} has no attributes"
            raise InputError(f"{option('attributes', name)}: {reason}; {there}")
    return [known[name] for name in names]


def _digest(attribute: Attribute, studio: Studio) -> str:
    """Returns a name for what decides an attribute's classifier."""
    told = (attribute.name, attribute.values, studio.dataset.fingerprint, studio.networks.image_size)
    text = repr((*told, studio.gan.config.seed)).encode() + attribute.codes.tobytes()
    return hashlib.sha256(text).hexdigest()[:16]
