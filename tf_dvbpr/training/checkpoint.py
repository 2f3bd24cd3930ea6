"""Writes and reads checkpoints of plain variables under this project's names: complete or absent, for every stack."""

import contextlib
import json
import re
import shutil
from pathlib import Path

import tensorflow as tf

from tf_dvbpr.plain_path import plain_path
from tfrecords.errors import InputError
from tfrecords.files.atomic_file import write_text

_STATE = "loop_state"
_LIST = "checkpoint"
_UNFINISHED = re.compile(r"step-\d+_temp")
_NAMED = re.compile(r'^model_checkpoint_path: "(?:.*/)?(step-\d+)"$', re.MULTILINE)
_INDEX = re.compile(r"step-(\d+)\.index")
_OF_ONE = re.compile(r"step-\d+\.(index|data-\d{5}-of-\d{5})")
_UNREADABLE = (tf.errors.OpError, ValueError, IndexError, AssertionError)


class _State(tf.train.experimental.PythonState):
    """State that is not a tensor, kept in the checkpoint as JSON."""

    def __init__(self) -> None:
        super().__init__()
        self.value: dict = {}

    def serialize(self) -> str:
        return json.dumps(self.value)

    def deserialize(self, string_value: bytes) -> None:
        self.value = json.loads(string_value)


class Checkpoints:
    """The newest checkpoints of one folder; saves and restores `variables` in place.

    Args:
        folder: the checkpoints' folder.
        variables: variable by name; names may contain slashes.
        keep: how many of the newest are kept.
        remedy: what an error about a damaged checkpoint advises; None: advice for a training's own checkpoints.
    """

    def __init__(
        self, folder: Path, variables: dict[str, tf.Variable], keep: int = 2, remedy: str | None = None
    ) -> None:
        self._state = _State()
        self._checkpoint = tf.train.Checkpoint(**variables, **{_STATE: self._state})
        self._folder = folder
        self._keep = keep
        self._remedy = remedy

    def save(self, step: int, state: dict) -> None:
        """Writes all variables and `state` (as JSON). Removes a checkpoint that a full disk left incomplete.

        Only the process that holds the workdir's lock may call it. Creates the folder if it is missing, but not its
        parent: OSError if that is gone.
        """
        self._state.value = state
        self._folder.mkdir(exist_ok=True)
        drop_unfinished(self._folder)
        with plain_path(self._folder) as folder:
            _repair_list(folder)
            try:
                self._manager(folder).save(checkpoint_number=step)
            except (tf.errors.OpError, OSError):
                for part in folder.glob(f"step-{step}[._]*"):
                    shutil.rmtree(part) if part.is_dir() else part.unlink()
                raise

    def restore(self) -> dict | None:
        """Reads the newest checkpoint into the variables and returns its state; None if there is none.

        Raises InputError, and deletes nothing, if the checkpoint cannot be read.
        """
        if not self._folder.is_dir():
            return None
        with plain_path(self._folder) as folder:
            found = _newest(folder)
            if found is None and not (folder / _LIST).exists():
                return None
            if found is None:
                raise InputError(
                    f"{self._folder / _LIST}: should name the newest checkpoint, and names none that is here. "
                    f"{self._remedy or self._earlier_steps_advice(_steps(folder))}"
                )
            try:
                # Otherwise TensorFlow would create and read its save counter later, when this path may be gone.
                _ = self._checkpoint.save_counter
                self._checkpoint.read(found).assert_existing_objects_matched().expect_partial()
            except _UNREADABLE as error:
                newest = self._folder / Path(found).name
                reason = _reason(error, folder, self._folder)
                others = [step for step in _steps(folder) if f"step-{step}" != newest.name]
                raise InputError(
                    f"{newest}: this checkpoint cannot be read ({reason}). "
                    f"{self._advice(error, self._remedy or self._earlier_steps_advice(others))}"
                ) from error
        return self._state.value

    def _manager(self, folder: Path) -> tf.train.CheckpointManager:
        return tf.train.CheckpointManager(self._checkpoint, str(folder), max_to_keep=self._keep, checkpoint_name="step")

    def _earlier_steps_advice(self, steps: list[int]) -> str:
        if not steps:
            return "Train in a new workdir"
        return (
            f'Write model_checkpoint_path: "step-{steps[-1]}" as the only line of {self._folder / _LIST} to go on from '
            "that one, or train in a new workdir"
        )

    @staticmethod
    def _advice(error: Exception, remedy: str) -> str:
        if isinstance(error, tf.errors.PermissionDeniedError):
            return "See that its files may be read"
        return remedy


def variable_shapes(folder: Path) -> dict[str, tuple[int, ...]]:
    """Returns the shapes of the newest checkpoint's variables. Raises InputError if there is no complete checkpoint."""
    reason = "there is none"
    with plain_path(folder) as plain:
        try:
            found = _newest(plain)
            if found is not None:
                shapes = tf.train.load_checkpoint(found).get_variable_to_shape_map()
                return {name: tuple(shape) for name, shape in shapes.items()}
        except _UNREADABLE as error:
            reason = _reason(error, plain, folder)
    raise InputError(f"{folder}: no whole checkpoint here ({reason}). Train again in a new workdir")


def drop_unfinished(folder: Path) -> None:
    """Removes the unfinished checkpoint that a killed process left in `folder`, if there is one.

    Only the process that holds the workdir's lock may call it.
    """
    for part in folder.glob("step-*_temp"):
        if _UNFINISHED.fullmatch(part.name) and part.is_dir() and not part.is_symlink():
            shutil.rmtree(part)


def remove_checkpoints(folder: Path) -> None:
    """Removes all checkpoints of a folder, and the folder if nothing else is in it."""
    if not folder.is_dir():
        return
    drop_unfinished(folder)
    for path in folder.iterdir():
        if path.name == _LIST or _OF_ONE.fullmatch(path.name):
            path.unlink()
    with contextlib.suppress(OSError):
        folder.rmdir()


def _newest(folder: Path) -> str | None:
    """Returns the checkpoint that the list names, if it exists."""
    file = folder / _LIST
    # TensorFlow's own reader prints lines if the list is damaged, and raises if it is not UTF-8.
    try:
        named = _NAMED.search(file.read_text(encoding="utf-8")) if file.is_file() else None
    except UnicodeDecodeError:
        return None
    found = folder / named[1] if named else None
    return str(found) if found and Path(f"{found}.index").is_file() else None


def _steps(folder: Path) -> list[int]:
    """Returns the steps of the checkpoints that exist, whatever the list says."""
    return sorted(int(match[1]) for path in folder.iterdir() if (match := _INDEX.fullmatch(path.name)))


def _repair_list(folder: Path) -> None:
    """Writes a damaged list again from the checkpoints that exist."""
    file = folder / _LIST
    if not file.exists() or _newest(folder) is not None:
        return
    steps = _steps(folder)
    if not steps:
        file.unlink()
        return
    lines = [f'model_checkpoint_path: "step-{steps[-1]}"']
    for step in steps:
        # Without a time TensorFlow would keep the checkpoint forever.
        time = (folder / f"step-{step}.index").stat().st_mtime
        lines += [f'all_model_checkpoint_paths: "step-{step}"', f"all_model_checkpoint_timestamps: {time!r}"]
    write_text(file, "".join(f"{line}\n" for line in lines))


def _reason(error: Exception, folder: Path, shown: Path) -> str:
    return " ".join(str(error).split()).replace(str(folder), str(shown))[:200]
