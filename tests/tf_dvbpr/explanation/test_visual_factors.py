import numpy as np
import pytest

from tests.support.shop import told_in_one_line
from tf_dvbpr.explanation.visual_factors import visual_factors
from tf_dvbpr.ranking.factors import Factors


def factors_of(dataset, **given):
    draw = np.random.default_rng(0)
    users, items = (draw.normal(size=[n, 6]).astype(np.float32) for n in (dataset.num_users, dataset.num_items))
    return Factors(users, items, dataset.user_keys, dataset.item_keys, 7, **given)


@pytest.mark.parametrize(("visual", "columns"), [(None, slice(0, 6)), ((2, 5), slice(2, 5))])
def test_latent_factors_and_biases_are_left_out(planted, visual, columns):
    factors = factors_of(planted, visual=visual)
    found = visual_factors(factors, planted)
    np.testing.assert_array_equal(found.tastes, factors.user_factors[:, columns])
    np.testing.assert_array_equal(found.styles, factors.item_factors[:, columns])


def test_factors_of_another_data_set_are_refused(planted, dataset):
    with told_in_one_line("are not of data set"):
        visual_factors(factors_of(dataset), planted)
