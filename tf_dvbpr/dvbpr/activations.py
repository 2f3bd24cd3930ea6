"""Computes the outputs of a backbone's frozen layers for every photo, and keeps them with the data set."""

import functools
import hashlib
import json
import shutil

import numpy as np
import tensorflow as tf

from tf_dvbpr.dvbpr.config import ACTIVATIONS, TrainConfig
from tf_dvbpr.networks.backbone import Backbone
from tf_dvbpr.networks.engine import choose_engine
from tf_dvbpr.networks.engine_names import FLOAT32, TENSORFLOW
from tf_dvbpr.networks.imagenet_networks import ALL
from tfrecords.dataset import Dataset
from tfrecords.errors import InputError, option
from tfrecords.features.writer import FeatureWriter, feature_file, read_record
from tfrecords.files.folder_lock import locked
from tfrecords.files.npy_file import map_npy
from tfrecords.photos.decode import decode_photo, normalise
from tfrecords.progress_bar import progress_bar, write_line

_DTYPE = "<f2"


class Activations:
    """The frozen layers' outputs for every photo, float16 [I, ...], and for its mirror image if training mirrors.

    The values are memory-mapped files in the data set's folder. The first access computes them, or opens those of an
    earlier run, so the network must have its final frozen weights by then. A file's name has a hash of the frozen
    weights, the layer and the photos: if one of these differs, another file is used.

    Args:
        dataset: an open data set.
        network: a backbone with frozen layers.
        config: the training's settings.
        progress: whether to show progress bars and the size of the files.

    Attributes:
        kind: "activations"; a `photo_store.PhotoStore` has other kinds.
        num_items: I.
    """

    kind = "activations"

    def __init__(self, dataset: Dataset, network: Backbone, config: TrainConfig, progress: bool = True) -> None:
        self._dataset, self._network, self._config, self._progress = dataset, network, config, progress
        self.num_items = dataset.num_items

    def gather(self, items: tf.Tensor, mirrored: tf.Tensor | None = None) -> tf.Tensor:
        """Returns the activations of some items.

        Args:
            items: int64 [n], ids of the items.
            mirrored: bool [n], whether to return those of the mirror image; None: of no item.

        Returns:
            float16 [n, ...].

        Raises:
            InputError: on first use, if the files are damaged or do not fit on the disk.
        """
        tables = self._tables

        def rows(items: np.ndarray, mirrored: np.ndarray) -> np.ndarray:
            found = tables[0][items]
            if mirrored.any():
                found[mirrored] = tables[1][items[mirrored]]
            return found

        mirrored = tf.zeros(tf.shape(items), tf.bool) if mirrored is None else mirrored
        flat = tf.numpy_function(rows, [items, mirrored], tf.float16)
        return tf.ensure_shape(
            tf.reshape(flat, [-1, *self._network.activation_shape]), [items.shape[0], *self._network.activation_shape]
        )

    def batches(self, batch_size: int) -> tf.data.Dataset:
        """Yields the activations of all items in batches, like `photo_store.PhotoStore.batches`."""
        count = -(-self.num_items // batch_size)
        ids = tf.minimum(tf.range(count * batch_size, dtype=tf.int64), self.num_items - 1)
        return tf.data.Dataset.from_tensor_slices(tf.reshape(ids, [count, batch_size])).map(self.gather).prefetch(2)

    @functools.cached_property
    def _tables(self) -> list[np.ndarray]:
        """Returns a list of float16 [I, values]: of the photos and, if training mirrors, of their mirror images."""
        with tf.init_scope():  # The first access may happen while a graph is traced.
            return self._made_or_opened()

    def _made_or_opened(self) -> list[np.ndarray]:
        made_by = self._made_by()
        whole = hashlib.sha256(json.dumps([made_by, self._dataset.fingerprint], sort_keys=True).encode()).hexdigest()
        name = f"{self._config.backbone_name}-{self._config.freeze_through}-{whole[:12]}"
        names = [name, f"{name}-mirrored"] if self._config.flip else [name]
        folder = self._dataset.path / ACTIVATIONS
        if any(not self._there(one) for one in names):
            with locked(folder, "making activations", wait=True):
                missing = [one for one in names if not self._there(one)]
                self._check_space(names, missing)
                for one in missing:
                    self._make(one, made_by, mirrored=one != name)
        return [self._open(one) for one in names]

    def _made_by(self) -> dict:
        config = self._config
        return {
            "network": config.backbone_name,
            "frozen_sha256": self._network.frozen_sha256(),
            "layer": config.freeze_through,
            "shape": list(self._network.activation_shape),
            "batch_norm_epsilon": config.batch_norm_epsilon,
            "precision": config.precision,
            "preprocessing": self._network.preprocessing,
            "image_size": config.image_size,
        }

    @property
    def _bytes(self) -> int:
        return self.num_items * int(np.prod(self._network.activation_shape)) * 2

    def _there(self, name: str) -> bool:
        try:
            return read_record(self._dataset, name, ACTIVATIONS) is not None
        except InputError as error:
            raise InputError(self._damaged(name)) from error

    def _check_space(self, names: list[str], missing: list[str]) -> None:
        """Prints the size of the files. Raises InputError if they do not fit on the disk."""
        folder = self._dataset.path / ACTIVATIONS
        begun = (feature_file(self._dataset, one, "npy", partial=True, folder=ACTIVATIONS) for one in missing)
        needed = len(missing) * self._bytes - sum(path.stat().st_size for path in begun if path.is_file())
        free = shutil.disk_usage(folder).free
        what = "photos and their mirror images" if len(names) == 2 else "photos"
        through = self._config.freeze_through
        layer = f"{self._config.backbone_name}'s {self._network.hidden_layer if through == ALL else through}"
        if needed > free:
            raise InputError(
                f"{folder}: the activations of {self.num_items} {what} at {layer} need {_size(needed)} more, and "
                f"{_size(free)} are free there; free some, or give a {option('freeze_through')} with smaller outputs"
            )
        if self._progress:
            write_line(
                f"{folder}: {_size(len(names) * self._bytes)} for the activations of {self.num_items} {what} at "
                f"{layer}, computed once"
            )

    def _make(self, name: str, made_by: dict, mirrored: bool) -> None:
        dataset, size, network = self._dataset, self._config.image_size, self._network
        made_by = {**made_by, "mirrored": mirrored}

        engine = choose_engine(self._config.engine if self._config.precision == FLOAT32 else TENSORFLOW)
        made_by["engine"] = f"{engine.name} {engine.version}"

        @tf.function(input_signature=[tf.TensorSpec([None, size, size, 3], tf.uint8)])
        def below(photos: tf.Tensor) -> tf.Tensor:
            return network.below(normalise(photos[:, :, ::-1] if mirrored else photos))

        def decode(_: tf.Tensor, encoded: tf.Tensor) -> tf.Tensor:
            return decode_photo(encoded, size, dataset.resize_filter, dataset.fit)

        values = int(np.prod(network.activation_shape))
        with FeatureWriter(
            dataset, name, values, made_by, folder=ACTIVATIONS, dtype=_DTYPE, joined=("engine",)
        ) as writer:
            run = engine.compile(below)
            photos = dataset.photos().skip(writer.done).map(decode, num_parallel_calls=tf.data.AUTOTUNE)
            what = "mirrored activations" if mirrored else "activations"
            silent, total = not self._progress, self.num_items
            bar = progress_bar(total=total, initial=writer.done, desc=what, unit="photo", disable=silent)
            try:
                with dataset.damage_named(), bar:
                    for batch in photos.batch(network.embed_batch).prefetch(2).as_numpy_iterator():
                        writer.append(run(batch)[0].reshape(len(batch), -1))
                        bar.update(len(batch))
            except KeyboardInterrupt as interrupt:
                raise KeyboardInterrupt(
                    f"{writer.done} of {self.num_items} {what} are done; the same command goes on from there"
                ) from interrupt
            writer.finish()

    def _open(self, name: str) -> np.ndarray:
        path = feature_file(self._dataset, name, "npy", folder=ACTIVATIONS)
        try:
            table = map_npy(path)
            values = int(np.prod(self._network.activation_shape))
            whole = table.shape == (self.num_items, values) and table.dtype == _DTYPE and table.flags.c_contiguous
        except PermissionError:
            raise  # the file may be complete
        except (OSError, ValueError):
            whole = False
        if not whole:
            raise InputError(self._damaged(name))
        return np.asarray(table)

    def _damaged(self, name: str) -> str:
        path = feature_file(self._dataset, name, "npy", folder=ACTIVATIONS)
        return (
            f"{path}: not whole, or its .json file is not; delete both, and the same command makes them anew, or the "
            "whole folder"
        )


def _size(count: int) -> str:
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
