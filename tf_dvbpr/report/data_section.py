"""The section on the data set: the paper's Table II, its split, some photos of each category."""

from tf_dvbpr.report.blocks import Section, table, text
from tf_dvbpr.report.formats import percent, whole
from tf_dvbpr.report.item_photos import ItemPhotos
from tf_dvbpr.report.markup import Html, join, tag
from tfrecords.dataset import Dataset
from tfrecords.split import LAST
from tfrecords.summary import COLD, sample_items

_ROWS, _PHOTOS = 6, 8


def data_section(dataset: Dataset, photos: ItemPhotos) -> Section:
    """Returns the section; reads all users and item categories once, and the photos that are shown."""
    counts = dataset.meta["counts"]
    columns = ("users", "items", "interactions", "categories")
    sizes = table(
        "The data set after preprocessing, as in Table II of the paper",
        ["data set", *columns],
        [[dataset.name, *(whole(counts[name]) for name in columns)]],
    )
    cold = percent(float((dataset.item_counts < COLD).mean()))
    split = text(f"{_split(dataset)} {cold} of the items are cold: bought fewer than {COLD} times in training.")
    return Section("data", "Data", "The data", join(sizes, split, _photos(dataset, photos)))


def _split(dataset: Dataset) -> str:
    """Returns one or two sentences on what is held out."""
    counts, rule = dataset.meta["counts"], dataset.meta["split"]
    train, validation, test = (whole(counts[part]) for part in ("train", "validation", "test"))
    if dataset.split_date:
        return (
            f"{train} interactions train the models; those from {rule['validation_from']} to {rule['date']} are held "
            f"out for validation ({validation} in all), later ones for the test ({test}). New after {rule['date']}: "
            f"{whole(rule.get('new_users', 0))} users and {whole(rule.get('new_items', 0))} items."
        )
    if rule.get("kind") == LAST:
        return (
            f"{train} interactions train the models; each user's last is held out for the test ({test} in all) and the "
            f"one before it for validation ({validation})."
        )
    return (
        f"{train} interactions train the models; one of a user's is held out for validation ({validation} in all) and "
        f"one for the test ({test})."
    )


def _photos(dataset: Dataset, photos: ItemPhotos) -> Html:
    sizes = dataset.meta.get("category_counts", {})
    sampled = sorted(sample_items(dataset, _PHOTOS), key=lambda row: -sizes.get(row[0], 0))
    rows = [_row(name, items, sizes.get(name), dataset, photos) for name, items in sampled[:_ROWS]]
    left = len(sampled) - len(rows)
    return join(*rows, *([text(f"{left} smaller categories are not shown.")] if left else []))


def _row(name: str, items: list[int], size: int | None, dataset: Dataset, photos: ItemPhotos) -> Html:
    alts = [f"item {dataset.item_keys[item]}, {name}" for item in items]
    images = [photos.of_id(item).img(alt) for item, alt in zip(items, alts, strict=True)]
    beside = [tag("small", f" {whole(size)} items")] if size else []
    caption = tag("figcaption", tag("b", name), *beside)
    return tag("figure", caption, tag("div", *images, class_="row"), class_="photos")
