"""The network that embeds photos, as one file that any worker can load without the run's folder or its data set."""

import dataclasses
import io
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tf_dvbpr.dvbpr.embedder import open_embedder
from tf_dvbpr.embedding.config import EmbedConfig
from tf_dvbpr.features.extract import pretrained_record
from tf_dvbpr.networks.imagenet_networks import CNNF
from tf_dvbpr.networks.pretrained import load_pretrained
from tf_dvbpr.photo_scoring.embed import size_on_entry
from tf_dvbpr.untracked import Untracked
from tf_dvbpr.workdir import Workdir
from tfrecords.files.sha256 import file_sha256


@dataclasses.dataclass(frozen=True)
class PhotoForm:
    """How a photo becomes a network's input.

    Attributes:
        size_on_entry: as `image_size` in `tfrecords.photos.check.check_photo`.
        image_size: S.
        resize_filter: and
        fit: as in `tfrecords.photos.decode.decode_photo`.
        batch_size: B; every batch has this many photos, so that a vector depends on the photo alone.
    """

    size_on_entry: int
    image_size: int
    resize_filter: str
    fit: str
    batch_size: int


@dataclasses.dataclass(frozen=True)
class Network:
    """A network to embed photos with.

    Attributes:
        form: how it takes photos.
        dim: F, the length of a vector.
        made_by: what it is, for the result's JSON file.
        saved: its SavedModel in a zip file: uint8 [B, S, S, 3] to float32 [B, F].
    """

    form: PhotoForm
    dim: int
    made_by: dict
    saved: bytes


def open_network(config: EmbedConfig) -> Network:
    """Opens a run's Phi, or a network trained on ImageNet. Raises InputError as `open_embedder`, `load_pretrained`."""
    if config.workdir is not None:
        workdir = Workdir.open(config.workdir, config.dataset)
        embedder, dataset = open_embedder(workdir), workdir.dataset()
        form = PhotoForm(
            size_on_entry(dataset), embedder.image_size, embedder.resize_filter, embedder.fit, config.batch_size
        )
        record = {
            "network": Path(workdir.config["train"].get("backbone", CNNF)).name,
            "run": workdir.path.resolve().name,
            "step": workdir.factors().step,
            "factors_sha256": file_sha256(workdir.path / "factors.npz"),
            "layer": "the style vector",
            "preprocessing": embedder.preprocessing,
        }
        embed = embedder.__call__
    else:
        pretrained = load_pretrained(config.network, config.weights, config.batch_norm_epsilon)
        form = PhotoForm(
            0, pretrained.image_size, config.resize_filter or "bicubic", config.fit or "stretch", config.batch_size
        )
        record = pretrained_record(config.network, config.weights, pretrained)
        embed = pretrained.embed
    sizes = {"image_size": form.image_size, "fit": form.fit, "resize_filter": form.resize_filter}
    versions = {"tensorflow": tf.__version__, "keras": keras.__version__}
    made_by = {**record, **sizes, "batch_size": form.batch_size, "versions": versions}
    saved, dim = _saved(embed, form)
    return Network(form, dim, made_by, saved)


def load_network(saved: bytes) -> Callable[[np.ndarray], np.ndarray]:
    """Returns the function of `Network.saved`: uint8 [B, S, S, 3] to float32 [B, F]."""
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(io.BytesIO(saved)) as files:
            files.extractall(folder)
        module = tf.saved_model.load(folder)
    return lambda photos: module.embed(tf.constant(photos)).numpy()


class _Module(tf.Module):
    def __init__(self, embed: Callable[[tf.Tensor], tf.Tensor], spec: tf.TensorSpec):
        super().__init__(name="embedding")
        graph = tf.function(lambda photos: tf.cast(embed(photos), tf.float32), input_signature=[spec])
        self._function = Untracked(graph)
        # Plain variables, which a SavedModel keeps on both Keras versions.
        self._kept = list(graph.get_concrete_function().graph.variables)
        self.embed = tf.function(self._function.value, input_signature=[spec])


def _saved(embed: Callable[[tf.Tensor], tf.Tensor], form: PhotoForm) -> tuple[bytes, int]:
    spec = tf.TensorSpec([form.batch_size, form.image_size, form.image_size, 3], tf.uint8)
    module = _Module(embed, spec)
    dim = module.embed.get_concrete_function().output_shapes[1]
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, f"{folder}/model")
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as files:  # Not compressed: weights do not become smaller.
            for path in sorted(Path(folder, "model").rglob("*")):
                files.write(path, path.relative_to(Path(folder, "model")))
        return archive.getvalue(), dim
