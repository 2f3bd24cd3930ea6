"""Writes what was measured of an index in one line."""

from collections.abc import Mapping


def index_line(figures: Mapping) -> str:
    """Returns the line for the figures of `tf_dvbpr.approximate.files.write_index`."""
    recall, probes = figures["recall@100"], figures["probes"]
    whole = (
        f"index: recall@100 {recall['']:.4f} of {figures['users']} users, {probes['']} of {figures['lists']} lists read"
    )
    parts = [f"{name} {_part(recall[name], probes[name])}" for name in recall if name and recall[name] is not None]
    size = [f"{figures['bytes'] / 2**20:.1f} MiB beside the model"] if "bytes" in figures else []
    return "; ".join([whole, *([", ".join(parts)] if parts else []), *size])


def _part(recall: float, probes: int) -> str:
    return f"{recall:.4f} ({probes})" if probes else "exact"
