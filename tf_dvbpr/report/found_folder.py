"""Says what a wrongly given folder is, for error messages."""

import json
from pathlib import Path

from tf_dvbpr.model_names import WORKDIRS

_MAKERS = {
    "dataset.json": "a data set of tools.build_dataset",
    "table3.json": "a folder of tools.compare",
    "design.json": "a folder of tools.design",
    "explain.json": "a folder of tools.explain",
    "tailor.json": "a folder of tools.tailor",
    "table4.json": "a folder of tools.evaluate_design",
    "fig3.json": "a folder of tools.evaluate_design",
    "latents.npz": "a folder of tools.sample_gan",
    "saved_model.pb": "a SavedModel of tools.export_saved_model",
}


def found_in(folder: Path) -> str:
    """Returns in a few words what is at a path."""
    if not folder.exists():
        return "nothing is there"
    if not folder.is_dir():
        return "it is a file"
    names = sorted(path.name for path in folder.iterdir())
    if not names:
        return "it is an empty folder"
    model = _model(folder / "config.json")
    if model is not None:
        return f"it is the workdir of {model}"
    made = next((what for name, what in _MAKERS.items() if name in names), None)
    return f"it is {made}" if made else f"it holds other things, as {names[0]}"


def _model(config: Path) -> str | None:
    """Returns the model whose workdir it is; None if it is no workdir."""
    try:
        return WORKDIRS[json.loads(config.read_text(encoding="utf-8"))["model"]]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
