"""Keeps in the workdir's ``judge/`` what the metrics need of the photos, for as long as the photos stay the same."""

import json
from pathlib import Path

from tf_dvbpr.training.checkpoint import remove_checkpoints
from tf_dvbpr.workdir import Workdir
from tfrecords.files.atomic_file import write_text

_DECIDING = ("image_size", "seed", "judge", "judge_weights", "judge_batch_norm_epsilon")


def judge_folder(workdir: Workdir) -> Path:
    """Returns ``judge/``; empties it if it is of other data or settings, which an untrained workdir may have had."""
    folder = workdir.path / "judge"
    note = folder / "made_for.json"
    made_for = {name: workdir.config["train"][name] for name in _DECIDING}
    made_for["dataset_fingerprint"] = workdir.config["dataset_fingerprint"]
    text = json.dumps(made_for, indent=2) + "\n"
    if not note.is_file() or note.read_text(errors="replace") != text:
        remove_checkpoints(folder)
        folder.mkdir(exist_ok=True)
        for kept in (*folder.glob("statistics-*.npz"), *folder.glob("features-*.npz")):
            kept.unlink()
        write_text(note, text)
    return folder
