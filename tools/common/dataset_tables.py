"""Formats tables about a data set."""

from collections.abc import Sequence
from math import ceil

from tqdm import tqdm

from tf_dvbpr.dvbpr.config import ACTIVATIONS
from tfrecords.dataset import Dataset
from tfrecords.features.store import list_features
from tfrecords.features.writer import STORED, read_record
from tfrecords.purchases_over_time import newcomers, purchases_over_time
from tfrecords.schema import METADATA_FILE
from tfrecords.summary import QUANTILES, Summary
from tfrecords.timestamps import PARTS

from . import table

_SIZES_SHOWN = 5
_BAD_SHOWN = 20
_LETTERS = "#vt"  # the letters of training, validation and test in bars
_WIDTH = 40


def table_two(dataset: Dataset) -> str:
    """Returns the columns of the paper's Table II."""
    counts = dataset.meta["counts"]
    columns = ("users", "items", "interactions", "categories")
    return table.render(["data set", *columns], [[dataset.name, *(counts[name] for name in columns)]])


def left_out(dataset: Dataset) -> str:
    """Returns a line on what of the source is not in the data set; "" if nothing was dropped."""
    dropped = [f"{count} {name.replace('_', ' ')}" for name, count in dataset.meta.get("dropped", {}).items() if count]
    return f"left out: {', '.join(dropped)}" if dropped else ""


def bad_images(dataset: Dataset) -> str:
    """Returns the items whose photos could not be used, each with the reason; "" if there are none."""
    bad = dataset.meta.get("bad_images") or []
    rows = [(image["item"], image["reason"]) for image in bad[:_BAD_SHOWN]]
    more = [f"and {len(bad) - len(rows)} more, in {METADATA_FILE} under bad_images"] if len(bad) > len(rows) else []
    return "\n".join(["", table.render(["bad image", "reason"], rows, left=(0, 1)), *more, ""]) if rows else ""


def known_auc(dataset: Dataset) -> str:
    """Returns a line with the AUC that a synthetic data set states; "" for real ones."""
    auc = dataset.meta.get("auc")
    if not auc:
        return ""
    return f"test AUC of the true tastes (oracle) {auc['oracle_test']:.4f}, of PopRank {auc['poprank_test']:.4f}"


def long_tail(dataset: Dataset, summary: Summary) -> str:
    """Returns the purchases per user and per item, and the numbers of cold items and cold held-out purchases."""
    headers = ["purchases per", *("median" if q == 0.5 else _quantile_name(q) for q in QUANTILES)]
    rows = [["user, all splits", *map(_figure, summary.per_user)], ["item, training", *map(_figure, summary.per_item)]]
    cold = " and ".join(
        f"{cold} of {held} in {split}"
        for split, held, cold in zip(("validation", "test"), summary.held_out, summary.cold_users, strict=True)
    )
    return "\n".join(
        [
            table.render(headers, rows),
            "",
            f"never bought in training: {_share(summary.never_bought, dataset.num_items)} of the items",
            f"cold, under 5 times:      {_share(summary.cold_items, dataset.num_items)} of the items",
            f"top tenth of the items:   {summary.top_share:.1%} of the training purchases",
            f"users whose held-out item is cold: {cold}",
        ]
    )


def categories(summary: Summary) -> str:
    """Returns the numbers of items and training purchases of every category."""
    items = sum(category.items for category in summary.categories)
    purchases = max(1, sum(category.purchases for category in summary.categories))
    rows = [
        [row.name, row.items, f"{row.items / items:.1%}", row.purchases, f"{row.purchases / purchases:.1%}"]
        for row in summary.categories
    ]
    return table.render(["category", "items", "", "training purchases", ""], rows)


def photos(dataset: Dataset, summary: Summary) -> str:
    """Returns the sizes of the photos, and how readers make them square."""
    sizes = [f"{width}x{height} ({count})" for (height, width), count in summary.photo_sizes[:_SIZES_SHOWN]]
    if len(summary.photo_sizes) > _SIZES_SHOWN:
        sizes.append(f"and {len(summary.photo_sizes) - _SIZES_SHOWN} other sizes")
    return f"photos: {', '.join(sizes)}; readers {dataset.fit} them to a square, filter {dataset.resize_filter}"


def features(dataset: Dataset) -> str:
    """Returns a line with the item features and their lengths; "" if there are none."""
    names = list_features(dataset)
    dims = [dataset.item_features_dim if name == STORED else read_record(dataset, name)["dim"] for name in names]
    return f"features: {', '.join(f'{name} ({dim})' for name, dim in zip(names, dims, strict=True))}" if names else ""


def activations(dataset: Dataset) -> str:
    """Returns a line on the disk space of frozen backbones' activations; "" if there are none."""
    folder = dataset.path / ACTIVATIONS
    size = sum(path.stat().st_size for path in folder.glob("*"))
    taken = f"{tqdm.format_sizeof(size, 'B')} in {folder}"
    return f"activations of frozen backbones: {taken}; what is deleted is made anew when needed" if size else ""


def split(dataset: Dataset) -> str:
    """Returns the sizes of the three splits, and their rule."""
    counts, rule = dataset.meta["counts"], dataset.meta["split"]
    seed = "" if rule["seed"] is None else f", seed {rule['seed']}"
    sizes = f"{counts['train']} train, {counts['validation']} validation, {counts['test']} test"
    return f"split: {sizes}{seed}; rule: {rule['rule']}"


def drawn_among_equals(dataset: Dataset) -> str:
    """Returns a line on the users whose last purchases have equal timestamps; "" if there are none."""
    users = dataset.meta["split"].get("tied_users", 0)
    if not users:
        return ""
    return (
        f"equal timestamps: for {users} of {dataset.num_users} users the seed drew which of several purchases made at "
        "one time are the last two"
    )


def new_after(dataset: Dataset) -> str:
    """Returns the numbers of new users and items in validation and test of a split by date; "" for other splits."""
    if dataset.split_date is None:
        return ""
    rule = dataset.meta["split"]
    rows = [
        [
            f"{row.split}, from {rule['validation_from']}"
            if row.split == "validation"
            else f"test, after {rule['date']}",
            *(row.purchases, row.users, row.purchases_of_new_users, row.items, row.purchases_of_new_items),
        ]
        for row in newcomers(dataset)
    ]
    headers = ["held out", "purchases", "new users", "purchases of them", "new items", "purchases of them"]
    return table.render(headers, rows)


def over_time(dataset: Dataset) -> str:
    """Returns the purchases of each part of the split over time, a row per period; "" without timestamps."""
    periods = purchases_over_time(dataset)
    if not periods:
        return ""
    most = max(sum(period.purchases) for period in periods)
    rows = [[period.start, *period.purchases, _bar([count / most for count in period.purchases])] for period in periods]
    key = ", ".join(f"{letter} {part}" for letter, part in zip(_LETTERS, PARTS, strict=True))
    return table.render(["purchases from", *PARTS, key], rows, left=(0, 4))


def _bar(shares: Sequence[float]) -> str:
    """Draws the shares of one row as a bar of letters, one letter for each part of the split."""
    ends = [ceil(_WIDTH * sum(shares[: number + 1]) - 1e-9) for number in range(len(shares))]
    starts = [0, *ends[:-1]]
    return "".join(letter * (end - start) for letter, start, end in zip(_LETTERS, starts, ends, strict=True))


def _quantile_name(quantile: float) -> str:
    return {0.0: "least", 1.0: "most"}.get(quantile, f"{quantile:.0%}")


def _figure(value: float) -> str:
    return f"{value:.10g}"


def _share(count: int, total: int) -> str:
    return f"{count} ({count / total:.1%})"
