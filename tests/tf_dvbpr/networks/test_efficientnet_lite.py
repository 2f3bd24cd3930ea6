"""EfficientNet-Lite0 against an independent rewrite in NumPy, and what its file may be."""

import numpy as np
import pytest
import tensorflow as tf

from tests.support.lite0 import random_arrays
from tests.support.torch_file import write_torch_file
from tf_dvbpr.networks.efficientnet_lite import EfficientNetLite0, read_lite0
from tfrecords.errors import InputError

pytestmark = pytest.mark.stack

# Stride of each block's depthwise convolution, and the blocks that add their input.
STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)
ADDS = (2, 4, 6, 7, 9, 10, 12, 13, 14)
TAPPED = (2, 4, 10, 15)


@pytest.fixture(scope="module")
def arrays():
    return random_arrays()


def convolve(x, kernel, stride, depthwise):
    """SAME, [B, H, W, in] with OIHW."""
    size, out = kernel.shape[2], -(-x.shape[1] // stride)
    total = max((out - 1) * stride + size - x.shape[1], 0)
    padded = np.pad(x, [(0, 0), *2 * [(total // 2, total - total // 2)], (0, 0)])
    y = 0.0
    for row in range(size):
        for column in range(size):
            part = padded[
                :, row : row + (out - 1) * stride + 1 : stride, column : column + (out - 1) * stride + 1 : stride
            ]
            y = y + (part * kernel[:, 0, row, column] if depthwise else part @ kernel[:, :, row, column].T)
    return y


def rewritten(arrays, images):
    def norm(x, name):
        gamma, beta, mean, variance = (
            arrays[f"{name}.{part}"].astype(np.float64) for part in ("weight", "bias", "running_mean", "running_var")
        )
        return gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta

    def relu6(x):
        return np.clip(x, 0, 6)

    rgb = (images.astype(np.float64) + 1) * 127.5
    x = relu6(norm(convolve((rgb - 127) / 128, arrays["_conv_stem.weight"], 2, False), "_bn0"))
    maps = []
    for block, stride in enumerate(STRIDES):
        name, before = f"_blocks.{block}", x
        if block:
            x = relu6(norm(convolve(x, arrays[f"{name}._expand_conv.weight"], 1, False), f"{name}._bn0"))
        x = relu6(norm(convolve(x, arrays[f"{name}._depthwise_conv.weight"], stride, True), f"{name}._bn1"))
        x = norm(convolve(x, arrays[f"{name}._project_conv.weight"], 1, False), f"{name}._bn2")
        x = x + before if block in ADDS else x
        maps += [x] if block in TAPPED else []
    return maps


def test_the_maps_are_those_of_the_rewrite(arrays):
    images = np.random.default_rng(1).uniform(-1, 1, [2, 32, 32, 3]).astype(np.float32)
    found, expected = EfficientNetLite0(arrays)(tf.constant(images)), rewritten(arrays, images)
    assert [tuple(one.shape) for one in found] == [(2, 8, 8, 24), (2, 4, 4, 40), (2, 2, 2, 112), (2, 1, 1, 320)]
    assert EfficientNetLite0.channels == (24, 40, 112, 320)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4 * np.abs(other).max())


def test_the_whole_network_has_as_many_weights_as_published(arrays):
    # 4.65 million with the head's 320 x 1280 + 2 x 1280 and the classifier's 1280 x 1000 + 1000, statistics apart.
    trained = sum(array.size for name, array in arrays.items() if "running_" not in name)
    assert trained + 320 * 1280 + 2 * 1280 + 1280 * 1000 + 1000 == 4_652_008


def test_the_packages_file_is_read_as_an_npz_is(arrays, tmp_path):
    write_torch_file(tmp_path / "lite0.pth", {**arrays, "_bn0.num_batches_tracked": np.array(3)})
    found = read_lite0(tmp_path / "lite0.pth")
    assert found.keys() == arrays.keys()
    assert all(np.array_equal(found[name], arrays[name]) for name in arrays)
    with pytest.raises(InputError, match=r"_conv_head\.weight is missing"):
        read_lite0(tmp_path / "lite0.pth", head=True)


def test_a_file_of_more_arrays_is_read_and_others_are_refused(arrays, tmp_path):
    file = tmp_path / "lite0.npz"
    np.savez(file, **arrays, **{"_fc.bias": np.zeros(1000, np.float32)})
    assert read_lite0(file).keys() == arrays.keys()
    np.savez(file, **{**arrays, "_bn0.bias": np.zeros(31, np.float32)})
    with pytest.raises(InputError, match=r"eyes=.*_bn0\.bias is \(31,\), expected \(32,\)"):
        read_lite0(file, "eyes")
    np.savez(file, another=np.zeros(3))
    with pytest.raises(InputError, match=r"not EfficientNet-Lite0's weights: _conv_stem\.weight is missing"):
        read_lite0(file)
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(InputError, match=r"not readable as an \.npz"):
        read_lite0(file)
    write_torch_file(file, {"another": np.zeros([3], np.float32)})
    with pytest.raises(InputError, match=r"not EfficientNet-Lite0's weights: _conv_stem\.weight is missing"):
        read_lite0(file)
    for path, said in ((tmp_path / "none.npz", "no such file"), (tmp_path, "a folder")):
        with pytest.raises(InputError, match=said):
            read_lite0(path)
