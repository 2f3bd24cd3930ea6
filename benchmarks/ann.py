"""Compares approximate search with the scoring of all items, for one user at a time.

    python -m benchmarks --only=ann
    python -m benchmarks.ann --items=300000,1000000,10000000

The items have unequal lengths: row i is ``[z_i * s * exp(.3 n_i), b_i]`` with z and n normal, s_j = (1 + j)^-.5 for j
from 0 to 49, and b exponential with mean .3; a user's row is ``[2 z_u * s, 1]``. Seconds are those of the processor.
"""

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf
from absl import flags

from tf_dvbpr.approximate.config import CODES, IndexConfig
from tf_dvbpr.approximate.search_index import SearchIndex, make_index
from tf_dvbpr.ranking.factors import Factors
from tf_dvbpr.ranking.topk import top_k
from tf_dvbpr.serving.lists import ALL, ListSearch
from tf_dvbpr.serving.rank import known_pairs, rank
from tools.common import app

SIZES = (300_000, 1_000_000)
USERS, DIM, K, OWNED = 1000, 50, 100, 8
BATCH, BATCH_BYTES = 64, 2**28  # users that are scored at once: at most so many, and scores of so many bytes
ROUNDS = 5

FLAGS = app.new_flags(__doc__)
flags.DEFINE_list("items", list(map(str, SIZES)), "numbers of items", flag_values=FLAGS)


def measure(sizes: tuple[int, ...] = SIZES) -> list[dict]:
    """Measures, for each number of items, all scores divided by the search: in the SavedModel, and with codes."""
    return [row for size in sizes for row in _measure(size)]


def _measure(items: int) -> list[dict]:
    factors = _factors(items)
    draw = np.random.default_rng(1)
    known = np.arange(USERS + 1) * OWNED, draw.integers(0, items, USERS * OWNED).astype(np.int32)
    started = time.process_time()
    index = make_index(factors, known, np.full(items, -1), (), IndexConfig(index=CODES))
    built = time.process_time() - started
    seconds = _seconds(factors, known, index)
    with tempfile.TemporaryDirectory(prefix="dvbpr-ann-") as folder:
        index.codes.save(Path(folder) / "codes")
        size = (Path(folder) / "codes").stat().st_size
    rows = []
    for name, aim in (("codes", 15), ("lists", 3)):
        rows += [
            {
                "what": f"top {K} of {items} items, all scored for one user ({other})",
                "against": f"the search by {name}, recall {index.recall[0]:.4f}",
                "ratio": seconds[other] / seconds[name],
                "aim": f">= {aim if items >= 10**6 else 1}",
                "seconds": seconds[other],
                "against_seconds": seconds[name],
                "probes": int(index.probes[0]),
                "lists": len(index.partition.spreads),
                "candidates": int(index.candidates[0]),
                "build_seconds": built,
                "codes_bytes": size,
                "factors_bytes": factors.item_factors.nbytes,
            }
            for other in ("top_k", "rank", "rank in batches")
            if other != "rank in batches" or name == "codes"
        ]
    rows[2]["aim"] = ">= 1"
    return rows


def _factors(items: int) -> Factors:
    draw = np.random.default_rng(0)
    scale = (1 / np.sqrt(1 + np.arange(DIM))).astype(np.float32)
    rows = draw.standard_normal([items, DIM + 1], np.float32)
    for start in range(0, items, 2**18):
        part = rows[start : start + 2**18]
        part[:, :DIM] *= scale * np.exp(0.3 * draw.standard_normal([len(part), 1], np.float32))
        part[:, DIM] = draw.exponential(0.3, len(part))
    users = np.concatenate([2 * scale * draw.standard_normal([USERS, DIM], np.float32), np.ones([USERS, 1])], 1)
    # The keys are not looked at here; one text stands for all, without memory for each.
    keys = [np.broadcast_to(np.array("k"), count) for count in (USERS, items)]
    return Factors(users.astype(np.float32), rows, *keys)


def _seconds(factors: Factors, known: tuple[np.ndarray, np.ndarray], index: SearchIndex) -> dict[str, float]:
    """Returns processor seconds a user: the median over rounds in which all ways take turns."""
    ways = _ways(factors, known, index)
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(ROUNDS + 1):
        for name, (way, users, calls) in ways.items():
            started = time.process_time()
            for call in range(calls):
                way(np.arange(users, dtype=np.int32) + (turn * calls + call) * users % (USERS - users))
            times[name].append((time.process_time() - started) / (calls * users))
    return {name: statistics.median(one[1:]) for name, one in times.items()}  # the first turn traces


def _ways(
    factors: Factors, known: tuple[np.ndarray, np.ndarray], index: SearchIndex
) -> dict[str, tuple[Callable[[np.ndarray], object], int, int]]:
    """Returns the ways by name: the function, its users a call, and its calls a turn."""
    user_rows, item_rows = tf.Variable(factors.user_factors), tf.Variable(factors.item_factors)
    indptr, owned = tf.Variable(known[0], dtype=tf.int64), tf.Variable(known[1])
    none = tf.Variable(np.full(len(factors.item_factors), -1, np.int32))
    batch = max(1, min(BATCH, BATCH_BYTES // (4 * len(factors.item_factors))))
    everything = tf.ones([len(factors.item_factors)], tf.bool)

    def exact(users: tf.Tensor, k: tf.Tensor, category: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        pairs = known_pairs(users, indptr, owned)
        return rank(tf.gather(user_rows, users), item_rows, pairs, everything, k)

    search = ListSearch(index, user_rows, item_rows, indptr, owned, none, exact)
    ids, whole = tf.TensorSpec([None], tf.int32), tf.TensorSpec([], tf.int32)
    scored = tf.function(exact, input_signature=[ids, whole, whole])
    lists = tf.function(search.rank, input_signature=[ids, whole, whole])
    near = tf.function(search.near, input_signature=[ids, whole])
    answer = tf.function(
        search.rank_candidates, input_signature=[tf.TensorSpec([None, None], tf.int64), ids, whole, whole]
    )

    def by_codes(users: np.ndarray) -> object:
        found = near(tf.constant(users), ALL)
        candidates = index.codes.near(found["rows"].numpy(), found["lists"].numpy(), index.candidates[0] + OWNED)
        candidates.sort(axis=1)
        return answer(tf.constant(candidates), tf.constant(users), K, ALL)[0].numpy()

    return {
        "top_k": (lambda users: top_k(factors.user_factors, factors.item_factors, users, K, *known), 1, 2),
        "rank": (lambda users: scored(tf.constant(users), K, ALL)[0].numpy(), 1, 3),
        "rank in batches": (lambda users: scored(tf.constant(users), K, ALL)[0].numpy(), batch, 1),
        "lists": (lambda users: lists(tf.constant(users), K, ALL)[0].numpy(), 1, 10),
        "codes": (by_codes, 1, 20),
    }


def main(values: flags.FlagValues) -> None:
    """Measures and prints everything."""
    for row in measure(tuple(map(int, values.items))):
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    app.run(main, FLAGS)
