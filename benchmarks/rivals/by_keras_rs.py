"""An epoch of BPR-MF beside a model of Keras Recommenders with its pairwise logistic loss."""

import numpy as np

from benchmarks import baselines
from benchmarks.in_turns import row

BATCH, DIM, ROUNDS = 1024, 100, 3


def measure() -> list[dict]:
    """Measures the ratio of the seconds of an epoch, each side at the batch size of its own examples."""
    dataset = baselines.purchases()
    ours = [baselines.epoch_seconds(dataset, "bpr_mf", DIM) for _ in range(ROUNDS)]
    theirs = _theirs(dataset)
    what = f"an epoch of BPR-MF, {DIM} factors, {len(dataset.train_items)} purchases"
    return [row(what, f"a model of keras-rs with batches of {BATCH}", "<= 1", ours, theirs)]


def _theirs(dataset: object) -> list[float]:
    import keras
    import keras_rs

    from benchmarks.turns import seconds_of

    class Model(keras.Model):
        """Scores a positive and a negative item of each user."""

        def __init__(self) -> None:
            super().__init__()
            self.users = keras.layers.Embedding(dataset.num_users, DIM)
            self.items = keras.layers.Embedding(dataset.num_items, DIM)

        def call(self, inputs: dict) -> object:
            users, items = self.users(inputs["users"]), self.items(inputs["items"])
            return keras.ops.sum(keras.ops.expand_dims(users, 1) * items, 2)

    draw = np.random.default_rng(0)
    users = np.repeat(np.arange(dataset.num_users), np.diff(dataset.train_indptr)).astype(np.int32)
    order = draw.permutation(len(users))
    negatives = draw.integers(0, dataset.num_items, len(users)).astype(np.int32)
    inputs = {"users": users[order], "items": np.stack([dataset.train_items, negatives], 1)[order]}
    labels = np.tile(np.float32([1, 0]), (len(users), 1))
    model = Model()
    model.compile("adam", keras_rs.losses.PairwiseLogisticLoss())

    def epoch() -> object:
        return model.fit(inputs, labels, batch_size=BATCH, epochs=1, shuffle=False, verbose=0)

    return [seconds_of(epoch) for _ in range(ROUNDS + 1)][1:]
