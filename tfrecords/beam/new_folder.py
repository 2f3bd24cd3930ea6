"""A new folder of results, on this machine or wherever Beam's FileSystems reach."""

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tfrecords.beam.installed import check_installed
from tfrecords.files.atomic_folder import FolderKind, check_output, whole_folder
from tfrecords.files.remote_path import RemotePath


@dataclasses.dataclass
class NewFolder:
    """A folder that is being written.

    Attributes:
        local: where this process writes the small files.
        large: where workers write the large ones: the same folder, unless the output is not on this machine.
        states: bytes and SHA-256 of each large file by name, to be set once they are written.
    """

    local: Path
    large: Path | RemotePath
    states: Mapping[str, tuple[int, str]] = dataclasses.field(default_factory=dict)


def check_place(
    output: Path | RemotePath, kind: FolderKind, overwrite: bool, beam: bool, pipeline: Sequence[str]
) -> None:
    """Raises InputError, before the work starts, for bad pipeline options, or if `output` cannot become such a folder.

    Args:
        output: the folder.
        kind: its kind.
        overwrite: replace an existing folder of this kind.
        beam: whether Beam is used; then it must be installed.
        pipeline: the pipeline options, ``--name=value`` each.
    """
    if beam:
        check_installed()
        from tfrecords.beam.options import pipeline_options

        pipeline_options(pipeline)
    if isinstance(output, RemotePath):
        from tfrecords.beam.remote_folder import check_remote_output

        check_remote_output(output, kind, overwrite)
    else:
        check_output(output, kind, overwrite)


@contextlib.contextmanager
def new_folder(output: Path | RemotePath, kind: FolderKind, overwrite: bool) -> Iterator[NewFolder]:
    """Yields a folder; if the block succeeds, it becomes `output` as a whole, otherwise nothing of it stays."""
    if isinstance(output, RemotePath):
        from tfrecords.beam.remote_folder import remote_folder

        with remote_folder(output, kind, overwrite) as folder:
            yield folder
    else:
        with whole_folder(output, kind, overwrite=overwrite) as path:
            yield NewFolder(path, path)
