"""Makes an index of a recommender's items, and chooses its sizes by measurement."""

import dataclasses

import numpy as np

from tf_dvbpr.approximate.codes import Codes
from tf_dvbpr.approximate.config import CODES, LEAST_RECALL, IndexConfig
from tf_dvbpr.approximate.partition import Partition, divide
from tf_dvbpr.approximate.recall import BEST, best_items, found_recall, least_probes, lists_recall
from tf_dvbpr.ranking.factors import Factors
from tfrecords.errors import InputError, option

USERS = 256  # that the recall is measured with
# Numbers of items whose exact scores are computed after `Codes.near`; the last ones only if all lists are read, because
# to read more lists takes less time.
_CANDIDATES, _MORE_CANDIDATES = (200, 400, 800), (1600, 3200, 6400)
_WORTH_IT = 0.5  # share of the lists; a category that needs more is scored exactly


@dataclasses.dataclass(frozen=True)
class SearchIndex:
    """An index, with what was measured.

    Its lists of numbers have 1 + C places: for all items, and for each category.

    Attributes:
        partition: the lists.
        codes: the codes; None: the search reads the items' factors themselves.
        probes: lists to read, int32 [1 + C]; 0: all items are scored.
        candidates: n of `Codes.near`, int32 [1 + C]; 0 without codes.
        recall: the share of the exact best 100 items that is found, float [1 + C]; NaN if there are no items.
        users: number of users that it was measured with.
        fingerprint: `Partition.fingerprint`.
    """

    partition: Partition
    codes: Codes | None
    probes: np.ndarray
    candidates: np.ndarray
    recall: np.ndarray
    users: int
    fingerprint: str


def make_index(
    factors: Factors,
    known: tuple[np.ndarray, np.ndarray],
    item_categories: np.ndarray,
    category_names: tuple[str, ...],
    config: IndexConfig,
) -> SearchIndex:
    """Makes the index that a config asks for; the result depends on the arguments alone.

    A sample of users is ranked exactly, over all items and within each category, without the items they own. The search
    then reads as few lists as find `least_recall` of these items.

    Args:
        factors: the recommender.
        known: int [U + 1] and int [nnz]; user u owns ``known[1][known[0][u]:known[0][u + 1]]``.
        item_categories: int [I], index into `category_names`, -1: none.
        category_names: C names.
        config: the settings.

    Raises:
        InputError: faiss is not installed, or the index finds fewer items than `least_recall`.
    """
    seed, least = config.index_seed or 0, LEAST_RECALL if config.least_recall is None else config.least_recall
    items = np.ascontiguousarray(factors.item_factors, np.float32)
    partition = divide(items, np.asarray(item_categories), len(category_names), seed, config.index)
    codes = Codes.make(partition, items, seed) if config.index == CODES else None
    users = np.random.default_rng(seed).permutation(len(factors.user_factors))[:USERS]
    rows = np.ascontiguousarray(factors.user_factors[users], np.float32)
    owned = [known[1][known[0][user] : known[0][user + 1]] for user in users]
    best = best_items(rows, items, owned, np.asarray(item_categories), len(category_names))
    measure = _Measure(partition, codes, rows, best, max(map(len, owned), default=0))
    chosen = [_choose(measure, column, least, config.probes) for column in range(len(best))]
    if chosen[0][2] < least:
        raise InputError(_refusal(measure, chosen[0], least, config))
    probes, candidates, recall = (np.array(one) for one in zip(*chosen, strict=True))
    if codes is not None:
        codes.limit(int(probes.max()))
    return SearchIndex(
        partition,
        codes,
        probes.astype(np.int32),
        candidates.astype(np.int32),
        recall.astype(float),
        len(users),
        partition.fingerprint(items),
    )


@dataclasses.dataclass(frozen=True)
class _Measure:
    partition: Partition
    codes: Codes | None
    rows: np.ndarray
    best: list[np.ndarray]
    most_owned: int

    @property
    def lists(self) -> int:
        return len(self.partition.spreads)

    def least_probes(self, column: int, recall: float) -> int:
        return least_probes(self.partition, self.rows, self.best[column], column, recall)

    def recall(self, column: int, probes: int, candidates: int) -> float:
        best = self.best[column]
        if self.codes is None:
            return lists_recall(self.partition, self.rows, best, column, probes)
        lists = self.partition.order(self.rows, column)[:, :probes]
        return found_recall(best, self.codes.near(self.rows, lists, candidates + self.most_owned))


def _choose(measure: _Measure, column: int, least: float, given: int | None) -> tuple[int, int, float]:
    """Returns the lists to read, the candidates and the recall of all items (column 0) or of a category."""
    if not (measure.best[column] >= 0).any():
        return (1, 0, 1.0) if column == 0 else (0, 0, float("nan"))
    found = _search(measure, column, least, given)
    is_slow = found[0] > _WORTH_IT * measure.lists or found[2] < least
    return (0, 0, 1.0) if column and is_slow else found


def _search(measure: _Measure, column: int, least: float, given: int | None) -> tuple[int, int, float]:
    fewest = min(given, measure.lists) if given else measure.least_probes(column, least)
    most = fewest if given else measure.lists
    if measure.codes is None:
        return fewest, 0, measure.recall(column, fewest, 0)
    probes = fewest
    while True:
        for candidates in _CANDIDATES if probes < most else _CANDIDATES + _MORE_CANDIDATES:
            recall = measure.recall(column, probes, candidates)
            if recall >= least:
                return probes, candidates, recall
        if probes >= most:
            return probes, candidates, recall
        probes = min(most, probes + max(1, probes // 16))


def _refusal(measure: _Measure, chosen: tuple[int, int, float], least: float, config: IndexConfig) -> str:
    probes, _, recall = chosen
    fault = f"{option('index', config.index)}: recall@{BEST} {recall:.4f}, under {option('least_recall', least)}"
    if config.probes is None:
        return f"{fault}, with all {probes} lists read; ask for {option('index', 'ivf')}, or for less"
    needed = _search(measure, 0, least, None)[0]
    return f"{fault}, with {option('probes', config.probes)} of {measure.lists} lists; {needed} are enough"
