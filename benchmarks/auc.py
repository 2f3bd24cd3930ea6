"""Compares the exact AUC with the bare matrix product of the same blocks."""

import resource
import time
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tf_dvbpr.ranking import auc

USERS, ITEMS, DIM, OWN = 4096, 50_000, 100, 8
ROUNDS = 7


def measure() -> list[dict]:
    """Measures the ratios of time and of peak memory, each with the other side and the target."""
    return [_memory(), _time()]  # memory first, because a peak never decreases


def _time() -> dict:
    factors, own = _problem(USERS)
    product = _products(*factors)
    runs = {"exact": lambda: auc.user_auc(*factors, *own), **product}
    # Measured alternately, so that other load affects all sides. The first round compiles.
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS + 1):
        for name, run in runs.items():
            started = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - started)
    best = {name: min(times[1:]) for name, times in seconds.items()}
    fastest = min(product, key=best.__getitem__)
    return {
        "what": f"exact AUC, {USERS} users x {ITEMS} items, D={DIM}",
        "against": f"the bare matrix product of the same blocks ({fastest})",
        "ratio": best["exact"] / best[fastest],
        "aim": "<= 1.5",
        "seconds": best["exact"],
        "against_seconds": best[fastest],
    }


def _memory() -> dict:
    peaks = []
    for users in (USERS, 4 * USERS):
        factors, own = _problem(users)
        auc.user_auc(*factors, *own)
        # The evaluator does not make the input, so it does not count.
        peaks.append(_peak_memory() - sum(array.nbytes for array in (*factors, *own)))
    return {
        "what": f"peak memory of the exact AUC of {4 * USERS} users, input apart",
        "against": f"that of {USERS} users",
        "ratio": peaks[1] / peaks[0],
        "aim": "<= 1.1",
        "bytes": peaks[1],
        "against_bytes": peaks[0],
    }


def _problem(users: int) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(0)
    factors = tuple(rng.standard_normal((rows, DIM), np.float32) for rows in (users, ITEMS))
    # Steps by a prime make the items of a user distinct.
    own = ((rng.integers(0, ITEMS, (users, 1)) + 6151 * np.arange(OWN)) % ITEMS).astype(np.int32)
    return factors, (own[:, 0], np.arange(users + 1) * OWN, own.ravel())


def _products(users: np.ndarray, items: np.ndarray) -> dict[str, Callable[[], None]]:
    blocks = [tf.constant(users[block]) for block in auc.user_blocks(len(users), len(items), auc.BLOCK_BYTES)]
    upright, turned = tf.constant(items), tf.constant(np.ascontiguousarray(items.T))
    arrays = [block.numpy() for block in blocks]
    compiled = tf.function(lambda block, others: tf.matmul(block, others, transpose_b=True), jit_compile=True)

    def each(multiply: Callable[[object], object], inputs: list) -> Callable[[], None]:
        def run() -> None:
            for one in inputs:
                multiply(one)

        return run

    return {
        "tf.matmul, XLA": each(lambda block: compiled(block, upright), blocks),
        "tf.matmul": each(lambda block: tf.matmul(block, turned), blocks),
        "tf.matmul, transpose_b": each(lambda block: tf.matmul(block, upright, transpose_b=True), blocks),
        "numpy": each(lambda block: block @ items.T, arrays),
    }


def _peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    for row in measure():
        print(f"{row['what']}: {row['ratio']:.2f} x {row['against']} (aim {row['aim']})")
