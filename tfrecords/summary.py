"""The figures of a data set, as text."""

from tfrecords.dataset import Dataset


def build_report(dataset: Dataset) -> str:
    """What `tools.build_dataset` prints at the end: Table II's columns and what was left out."""
    counts = dataset.meta["counts"]
    names = ("users", "items", "interactions", "categories")
    lines = [
        "".join([f"{'data set':<24}", *(f"{name:>14}" for name in names)]),
        "".join([f"{dataset.name:<24}", *(f"{counts[name]:>14}" for name in names)]),
    ]
    dropped = {name: count for name, count in dataset.meta.get("dropped", {}).items() if count}
    if dropped:
        lines.append("left out: " + ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in dropped.items()))
    lines.append(f"written to {dataset.path}")
    return "\n".join(lines)
