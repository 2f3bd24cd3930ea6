"""Phi on a network trained on ImageNet, with a linear layer of K units, ``style``, instead of the classifier."""

import difflib
import functools
import hashlib
from collections.abc import Callable

import keras
import tensorflow as tf

from tf_dvbpr import stateless
from tf_dvbpr.compat import as_variable, output_within, weight_kind, weight_place
from tf_dvbpr.networks.imagenet_networks import ALL
from tf_dvbpr.networks.initialisation import fit_layer
from tf_dvbpr.networks.layer_names import layers_by_name
from tfrecords.errors import InputError, option
from tfrecords.progress_bar import progress_bar

_STYLE = "style"


class Backbone:
    """``Phi(x) = W^T dropout(f(x)) + b``; f is the network up to its classifier, always in inference mode.

    Batch normalisation always uses the means and variances of the weights file; its scale and shift are trained
    like other weights. The attributes are those of `cnnf.CNNF`; `named_variables` returns the plain variables.

    Args:
        features: f, from `pretrained.without_classifier`: preprocessed photos [B, S, S, 3] to [B, F].
        preprocess: the network's preprocessing of RGB in 0..255, float32.
        preprocessing: its name in words.
        dim: K.
        freeze_through: name of a layer (`layer_names`): this layer and all before it are not trained; ``all``: f is not
            trained; "": everything is trained.
        seed: seed of the initial W, Glorot-uniform.
        precision: the precision of the built network, ``float32`` or ``mixed_bfloat16``.

    Raises:
        InputError: there is no such layer, or some data does not pass through it.
    """

    name = "backbone"
    embed_batch = 32

    def __init__(
        self,
        features: keras.Model,
        preprocess: Callable[[tf.Tensor], tf.Tensor],
        preprocessing: str,
        dim: int,
        freeze_through: str = "",
        seed: int = 0,
        precision: str = "float32",
    ) -> None:
        self._preprocess, self.preprocessing = preprocess, f"{preprocessing} of RGB 0..255"
        self._features, self._layers = features, layers_by_name(features)
        self.hidden_layer, self.hidden_dim = list(self._layers)[-1], features.output_shape[1]
        self._maps = _last_maps(features, self._layers)
        self._frozen, self._above = None, features
        if freeze_through:
            last = self.hidden_layer if freeze_through == ALL else freeze_through
            self._frozen, self._above = _split(features, self._layers, last)
        kept = set() if self._frozen is None else set(map(id, self._frozen.layers))
        self._trained = {name: layer for name, layer in self._layers.items() if id(layer) not in kept}
        glorot = keras.initializers.GlorotUniform(seed=seed)
        self._style = keras.layers.Dense(dim, kernel_initializer=glorot, dtype=precision, name=_STYLE)
        self._style.build([None, self.hidden_dim])

    def __call__(
        self, images: tf.Tensor, dropout_rate: float = 0.0, dropout_seed: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Returns style vectors: float [B, S, S, 3] in [-1, 1] to float32 [B, K]; arguments as in `cnnf.CNNF`."""
        return self.above(self.below(images), dropout_rate, dropout_seed)

    def below(self, images: tf.Tensor) -> tf.Tensor:
        """Returns the input of `above`: the frozen layers' activations, or preprocessed images if none is frozen."""
        x = self._preprocess(tf.cast(images, tf.float32) * 127.5 + 127.5)
        return x if self._frozen is None else self._frozen(x, training=False)

    def above(
        self, activations: tf.Tensor, dropout_rate: float = 0.0, dropout_seed: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Returns the style vectors, float32 [B, K], from the output of `below`."""
        return tf.cast(self._style(self._pooled(activations, dropout_rate, dropout_seed)), tf.float32)

    def hidden(self, images: tf.Tensor, dropout_rate: float = 0.0, dropout_seed: tf.Tensor | None = None) -> tf.Tensor:
        """Returns the images' f(x), [B, F], in the computation's precision; arguments as in `cnnf.CNNF`."""
        return self._pooled(self.below(images), dropout_rate, dropout_seed)

    def feature_maps(self, images: tf.Tensor) -> tf.Tensor:
        """The last values in f that have several places: [B, h, w, C] in the computation's precision."""
        x = self._preprocess(tf.cast(images, tf.float32) * 127.5 + 127.5)
        return self._at_maps[0](x, training=False)

    def of_feature_maps(self, maps: tf.Tensor) -> tf.Tensor:
        """Style vectors float32 [B, K] of what `feature_maps` gave, at inference."""
        return tf.cast(self._style(self._at_maps[1](maps, training=False)), tf.float32)

    @functools.cached_property
    def _at_maps(self) -> tuple[keras.Model, keras.Model]:
        if self._maps is None:
            raise InputError("grad_cam: this network gives no feature maps with places; choose another method")
        return keras.Model(self._features.input, self._maps), keras.Model(self._maps, self._features.output)

    def _pooled(self, activations: tf.Tensor, dropout_rate: float, dropout_seed: tf.Tensor | None) -> tf.Tensor:
        x = self._above(tf.cast(activations, tf.float32), training=False)
        if dropout_seed is not None and dropout_rate > 0:
            x = stateless.dropout(x, dropout_rate, dropout_seed)
        return x

    def fit_last_layer(self, activations: tf.Tensor, progress: bool = False) -> None:
        """Gives each unit of ``style`` mean 0 and variance 1 over photos; `activations` are outputs of `below`."""
        batches = tf.data.Dataset.from_tensor_slices(activations).batch(self.embed_batch)
        bar = progress_bar(batches, desc="first weights", unit="batch", disable=not progress)
        fit_layer(self._style, tf.concat([self.above(batch) for batch in bar], 0))

    def named_variables(self) -> dict[str, tf.Variable]:
        """Returns all variables, frozen ones and statistics too, as plain ones: ``<layer>/<kind>``, style last."""
        return {name: as_variable(one) for name, one in _named({**self._layers, _STYLE: self._style}).items()}

    def parts(self) -> dict[str, dict[str, object]]:
        """Returns the trained Keras variables, as part to name to variable; no ``network`` if all of it is frozen."""
        network = _named(self._trained, trainable=True)
        return {**({"network": network} if network else {}), "last_layer": _named({_STYLE: self._style})}

    @property
    def activation_shape(self) -> tuple[int, ...]:
        """Returns the shape of the frozen layers' output for one photo."""
        return tuple(self._frozen.output_shape[1:])

    def frozen_sha256(self) -> str:
        """Returns a SHA-256 over the frozen variables' names and values."""
        digest = hashlib.sha256()
        frozen = {name: layer for name, layer in self._layers.items() if name not in self._trained}
        for name, variable in _named(frozen).items():
            digest.update(name.encode() + as_variable(variable).numpy().tobytes())
        return digest.hexdigest()


def _named(layers: dict[str, keras.layers.Layer], trainable: bool = False) -> dict[str, object]:
    return {
        f"{name}/{kind(layer, weight)}": weight
        for name, layer in layers.items()
        for kind in [_kind_of(layer)]
        for weight in (layer.trainable_weights if trainable else layer.weights)
    }


def _kind_of(layer: keras.layers.Layer) -> Callable[[keras.layers.Layer, object], str]:
    """Returns what names a layer's weights: their kinds or, if some share a kind, their places within the layer."""
    kinds = [weight_kind(layer, weight) for weight in layer.weights]
    return weight_kind if len(set(kinds)) == len(kinds) else weight_place


def _last_maps(features: keras.Model, layers: dict[str, keras.layers.Layer]) -> object:
    """Returns the input of the last layer that turns several places into one or none; None if no layer has places."""

    def places(values: object) -> int:
        shape = getattr(values, "shape", ())
        return shape[1] * shape[2] if len(shape) == 4 else 0

    pooled = [layer.input for layer in layers.values() if places(layer.input) > 1 >= places(layer.output)]
    last = [one for one in pooled if one is not features.input]  # Some networks cut photos into a row of patches.
    # Of a small photo, all layers may have one place.
    found = last or [layer.output for layer in layers.values() if places(layer.output)]
    return found[-1] if found else None


def _split(features: keras.Model, layers: dict[str, keras.layers.Layer], name: str) -> tuple[keras.Model, keras.Model]:
    """Splits the network after a layer into two models that share its layers."""
    if name not in layers:
        near = difflib.get_close_matches(name, layers, n=3, cutoff=0.0)
        raise InputError(
            f"{option('freeze_through', name)}: the network has no such layer; near that name are {', '.join(near)}, "
            f"and the last is {list(layers)[-1]}"
        )
    # Read before the loop: its models call layers again, and a layer called twice has no single output.
    outputs = {one: output_within(layer) for one, layer in layers.items()}
    before = list(layers)[: list(layers).index(name) + 1]
    for one in reversed(before):
        try:
            above = keras.Model(outputs[one], features.output)
        except ValueError:  # Some data reaches the end without passing this layer.
            continue
        if one == name:
            return keras.Model(features.input, outputs[name]), above
        break
    raise InputError(
        f"{option('freeze_through', name)}: not all data passes through this layer, so the network cannot be split "
        f"there; all passes through {one}"
    )
