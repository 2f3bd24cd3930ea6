import itertools

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from gan.metrics import diversity as module
from gan.metrics.diversity import diversity


def noise(count, size=12, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, [count, size, size, 3]).astype(np.float32)


def unlike(first, second):
    return 1 - structural_similarity(first, second, data_range=2, channel_axis=2)


def measure(images, *arguments, **options):
    return diversity(images, *arguments, progress=False, **options)


def test_identical_images_have_none():
    same = measure(np.tile(noise(1), (4, 1, 1, 1)))
    assert (same.mean, same.spread, same.pairs) == (0, 0, 6)


def test_plain_images_by_hand():
    """Of two constant images only the means count: SSIM = (2ab + c) / (a^2 + b^2 + c), c = (.01 x 2)^2."""
    images = np.stack([np.full([8, 8, 3], value) for value in (1.0, 0.5, 1.0)])
    one = 1 - (1 + 0.0004) / (1.25 + 0.0004)
    found = measure(images)
    assert found.pairs == 3
    assert found.mean == pytest.approx(2 / 3 * one, rel=1e-9)
    assert found.spread == pytest.approx(one * np.sqrt(2 / 9), rel=1e-9)


def test_all_pairs_within_groups_and_none_across():
    images, groups = noise(9), np.array(list("abacabdba"))
    expected = [unlike(images[i], images[j]) for i, j in itertools.combinations(range(9), 2) if groups[i] == groups[j]]
    found = measure(images, groups)
    assert found.pairs == len(expected) == 9  # 6 of a, 3 of b.
    assert found.mean == pytest.approx(np.mean(expected), rel=1e-6)
    assert found.spread == pytest.approx(np.std(expected), rel=1e-5)


def test_pixels_are_what_their_floats_are():
    pixels = np.random.default_rng(0).integers(0, 256, [5, 12, 12, 3], np.uint8)
    assert measure(pixels) == measure((pixels.astype(np.float32) - 127.5) / 127.5)


def chosen(groups, pairs, seed=0):
    return list(module._choose(np.asarray(groups), pairs, np.random.default_rng(seed)))


def test_pairs_are_drawn_evenly_over_groups_and_without_repetition():
    groups = np.repeat([0, 1, 2, 3], [30, 3, 20, 1])
    np.random.default_rng(0).shuffle(groups)
    pairs = chosen(groups, 40)
    assert len(set(pairs)) == 40
    assert all(first < second and groups[first] == groups[second] for first, second in pairs)
    counts = np.bincount([groups[first] for first, _ in pairs], minlength=4)
    assert counts[1] == 3 and counts[3] == 0 and {counts[0], counts[2]} <= {18, 19} and counts.sum() == 40
    assert pairs == chosen(groups, 40) and pairs != chosen(groups, 40, seed=1)


def test_every_pair_is_as_likely():
    drawn = [pair for seed in range(2000) for pair in chosen([0] * 5, 3, seed)]
    counts = [drawn.count(pair) for pair in itertools.combinations(range(5), 2)]
    assert sum(counts) == 6000 and max(abs(count - 600) for count in counts) < 120  # Five deviations.


def test_of_more_groups_than_pairs_each_gives_one_at_most():
    pairs = chosen(np.repeat(np.arange(50), 3), 20)
    assert len({first // 3 for first, _ in pairs}) == len(pairs) == 20


def test_a_large_group_costs_no_memory():
    pairs = chosen(np.zeros(200_000), 50)
    assert len(set(pairs)) == 50 and all(0 <= first < second < 200_000 for first, second in pairs)


def test_a_limit_below_all_pairs_is_kept_and_seeded():
    images = noise(8)
    found = measure(images, pairs=10, seed=3)
    assert found.pairs == 10 and found == measure(images, pairs=10, seed=3) != measure(images, pairs=10, seed=4)


@pytest.mark.parametrize(
    ("images", "options", "message"),
    [
        (noise(1), {}, "at least two images in one group"),
        (noise(0), {}, "at least two images in one group"),
        (noise(3), {"groups": [0, 1, 2]}, "at least two images in one group"),
        (noise(3), {"groups": [0, 0]}, "one group for each of 3 images"),
        (noise(3), {"pairs": 0}, "pairs must be at least 1"),
        (noise(3, size=6), {}, "at least 7 x 7"),
        (noise(3)[..., :1], {}, "must be float"),
        (np.zeros([3, 8, 8, 3], np.int32), {}, "must be float"),
        (noise(3) * 127.5, {}, r"in \[-1, 1\] expected"),
        (noise(3) * np.nan, {}, r"in \[-1, 1\] expected"),
    ],
)
def test_what_cannot_be_compared_is_refused(images, options, message):
    with pytest.raises(ValueError, match=message):
        measure(images, **options)
