"""Checkpoints of plain variables under our own names: readable by every stack, whole or not there at all."""

import json
import shutil
from pathlib import Path

import tensorflow as tf

from tfrecords.errors import InputError

_STATE = "loop_state"


class _State(tf.train.experimental.PythonState):
    """What is no tensor, kept in the checkpoint as JSON."""

    def __init__(self) -> None:
        super().__init__()
        self.value: dict = {}

    def serialize(self) -> str:
        return json.dumps(self.value)

    def deserialize(self, string_value: bytes) -> None:
        self.value = json.loads(string_value)


class Checkpoints:
    """The newest checkpoints of one folder; `variables` are saved and restored in place.

    Args:
        folder: where they lie.
        variables: name to variable; names may hold slashes.
        keep: how many of the newest are kept.
        remedy: what to do about one that cannot be read; None: what the loop's own need.
    """

    def __init__(
        self, folder: Path, variables: dict[str, tf.Variable], keep: int = 2, remedy: str | None = None
    ) -> None:
        self._state = _State()
        self._checkpoint = tf.train.Checkpoint(**variables, **{_STATE: self._state})
        self._folder = folder
        self._keep = keep
        self._remedy = remedy or (
            "Delete the workdir to train from the start, or delete the line that names it in "
            f"{folder / 'checkpoint'} to go on from the one before"
        )

    def save(self, step: int, state: dict) -> None:
        """Writes all variables and `state` (anything JSON holds). What a full disk cut short is removed."""
        self._state.value = state
        manager = self._manager()
        try:
            manager.save(checkpoint_number=step)
        except (tf.errors.OpError, OSError):
            for part in self._folder.glob(f"step-{step}[._]*"):
                shutil.rmtree(part) if part.is_dir() else part.unlink()
            raise

    def restore(self) -> dict | None:
        """Reads the newest checkpoint into the variables and returns its state; None where there is none."""
        newest = index = self._folder / "checkpoint"
        try:
            found = self._manager().latest_checkpoint
            if not found and not index.exists():
                return None
            if not found:
                raise ValueError("it should name the newest checkpoint")
            newest = found
            # Partial only in the Checkpoint's own save counter, which nothing here reads.
            self._checkpoint.read(newest).assert_existing_objects_matched().expect_partial()
        except (tf.errors.OpError, ValueError, IndexError, AssertionError) as error:
            reason = " ".join(str(error).split())[:200]
            raise InputError(f"{newest}: this checkpoint cannot be read ({reason}). {self._remedy}") from error
        return self._state.value

    def _manager(self) -> tf.train.CheckpointManager:
        return tf.train.CheckpointManager(
            self._checkpoint, str(self._folder), max_to_keep=self._keep, checkpoint_name="step"
        )
