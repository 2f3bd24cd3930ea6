"""Writes the folder of scored photos atomically: scores.json, scores.csv and photos.png."""

import csv
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from tf_dvbpr.photo_scoring.results import PhotoScore, PhotoScores
from tf_dvbpr.pictures import grid
from tfrecords.files.atomic_folder import FolderKind, whole_folder
from tfrecords.files.json_file import write_json
from tfrecords.photos.check import BadPhoto, check_photos

FILES = ("scores.json", "scores.csv", "photos.png")
_COLUMNS = 10
_MOST_SHOWN = 100
_MOST_ROWS = 12  # groups, or named users, in the picture
_SIDE = 256  # pixels; the size of photos kept for the picture


KIND = FolderKind("scores of photos", FILES[0], "writing scores", lambda folder: FILES)


def write(scores: PhotoScores, paths: Mapping[str, Path], output: Path) -> None:
    """Writes the folder.

    Args:
        scores: the result of the scoring.
        paths: each photo's path, by its name in `scores`.
        output: the folder; an earlier result is replaced.

    Raises:
        InputError: as for `tfrecords.files.atomic_folder.whole_folder`.
    """
    with whole_folder(output, KIND) as folder:
        write_json(folder / FILES[0], dataclasses.asdict(scores))
        _write_csv(scores, folder / FILES[1])
        grid.save(grid.draw(_rows(scores, paths), _COLUMNS), folder / FILES[2])


def _write_csv(scores: PhotoScores, path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, _csv_row(scores, 1, scores.photos[0]))
        table.writeheader()
        table.writerows(_csv_row(scores, place, photo) for place, photo in enumerate(scores.photos, 1))


def _csv_row(scores: PhotoScores, place: int, photo: PhotoScore) -> dict[str, object]:
    row = {"place": place, "file": photo.file}
    row |= {"mean_percentile": f"{photo.mean_percentile:.6f}", "median_rank": f"{photo.median_rank:g}"}
    if photo.groups:
        row |= {"best_group": photo.groups[0].group, "best_group_percentile": f"{photo.groups[0].percentile:.6f}"}
    if not scores.named_users:
        return row | {f"user_{number}": user.user for number, user in enumerate(photo.users, 1)}
    of = {user.user: user for user in photo.users}
    for key in scores.named_users:
        row |= {f"{key} percentile": f"{of[key].percentile:.6f}", f"{key} rank": of[key].rank}
        row |= {f"{key} score": f"{of[key].score:.6g}"}
    return row


def _rows(scores: PhotoScores, paths: Mapping[str, Path]) -> list[grid.Row]:
    """Returns the picture's rows: all photos, then for each group or named user the photos they would like most."""
    rated = [(photo.mean_percentile, photo) for photo in scores.photos]
    first = f"the best {_MOST_SHOWN} of {len(rated)} photos" if len(rated) > _MOST_SHOWN else "all photos, best first"
    among = f"{scores.items} items" + (f" of {scores.category}" if scores.category else "")
    rows = {f"{first}: mean percentile over {scores.users} users, among {among}": rated[:_MOST_SHOWN]}
    for group in scores.groups[:_MOST_ROWS]:
        rated = [(one.percentile, photo) for photo in scores.photos for one in photo.groups if one.group == group.name]
        leaning = f", leaning to {group.leaning.category}" if group.leaning else ""
        rows[f"{group.name} ({group.users} users{leaning}): what they would like most"] = _best(rated)
    if len(scores.named_users) > 1:
        for key in scores.named_users[:_MOST_ROWS]:
            rated = [(one.percentile, photo) for photo in scores.photos for one in photo.users if one.user == key]
            rows[f"{key}: what they would like most"] = _best(rated)
    shown = _photos({photo.file: paths[photo.file] for rated in rows.values() for _, photo in rated})
    return [
        grid.Row(
            heading,
            [shown[photo.file] for _, photo in rated if photo.file in shown],
            [f"{percentile:.1%}\n{photo.file}" for percentile, photo in rated if photo.file in shown],
        )
        for heading, rated in rows.items()
    ]


def _best(rated: Sequence[tuple[float, PhotoScore]]) -> list[tuple[float, PhotoScore]]:
    return sorted(rated, key=lambda one: -one[0])[:_COLUMNS]


def _photos(paths: Mapping[str, Path]) -> dict[str, bytes]:
    """Returns the photos, reduced; photos that were removed meanwhile are left out."""
    checked = zip(paths, check_photos(paths.values(), _SIDE), strict=True)
    return {name: photo.encoded for name, photo in checked if not isinstance(photo, BadPhoto)}
