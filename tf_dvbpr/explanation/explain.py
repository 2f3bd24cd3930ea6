"""Explains why users like or dislike a garment, for tools.explain."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from tf_dvbpr.dvbpr.embedder import open_embedder
from tf_dvbpr.explanation import output as output_files
from tf_dvbpr.explanation.attribute_table import attributes_of
from tf_dvbpr.explanation.config import ExplainConfig
from tf_dvbpr.explanation.explainer import METHODS, Asked, Explainer, Maps
from tf_dvbpr.explanation.garment import Garment, item_garment, photo_garment
from tf_dvbpr.explanation.results import Explanations, Segment
from tf_dvbpr.explanation.visual_factors import visual_factors
from tf_dvbpr.photo_scoring.user_groups import UserGroup, cluster, read_groups
from tf_dvbpr.recommender.keys import find_user, split_keys
from tf_dvbpr.workdir import Workdir
from tfrecords.errors import InputError
from tfrecords.files.atomic_folder import check_output
from tfrecords.progress_bar import progress_bar

EVERYBODY = "everybody"
_BASIS_STEPS = 32  # steps of the integral for each component of Phi; enough for shares of users

# Writes more files: takes the folder, the explainer, the garment and those asked; returns entries of explain.json.
Addition = Callable[[Path, Explainer, Garment, list[Asked]], dict]


def open_explainer(workdir: str, attributes: str | None = None, moved_to: str | None = None) -> tuple[Explainer, int]:
    """Loads what explanations of a run need.

    Args:
        workdir: DVBPR's workdir.
        attributes: CSV file of the items' attributes; None: the data set's own.
        moved_to: the data set's folder now, if it was moved.

    Returns:
        (the explainer, the training step of its weights).

    Raises:
        InputError: the run has no Phi, or the attributes cannot be read.
    """
    run = Workdir.open(workdir, moved_to)
    factors, dataset = run.factors(), run.dataset()
    visual = visual_factors(factors, dataset)
    table = attributes_of(dataset, attributes)
    return Explainer(dataset, open_embedder(run, "float32"), visual, table), factors.step


def explain(config: ExplainConfig, progress: bool = True, addition: Addition | None = None) -> Explanations:
    """Explains a garment and writes ``config.output``; docs/guides/explain.md has the formulas and the files.

    Args:
        config: the settings.
        progress: whether to show a progress bar.
        addition: writes more files into the folder before it is complete, for example pictures of an altered garment.

    Returns:
        The explanations, as explain.json has them.

    Raises:
        InputError: the run has no Phi, an item or user is unknown, a photo or table cannot be read, the output is
            taken, or the scores are not finite.
    """
    output = Path(config.output).absolute()
    check_output(output, output_files.KIND)
    explainer, step = open_explainer(config.workdir, config.attributes, config.dataset)
    dataset = explainer.dataset
    asked, groups, unknown = _asked(config, explainer)
    if config.item is not None:
        garment = item_garment(config.item, dataset, explainer.embedder, explainer.factors)
    else:
        garment = photo_garment(config.photo, dataset, explainer.embedder)
    methods = METHODS if config.occlusion else METHODS[:2]
    with _bar(explainer, asked, progress) as tell:
        maps = explainer.maps(garment, np.stack([explainer.taste(one) for one in asked]), config.steps, methods)
        tell(len(asked))
        shares = [
            explainer.raised_for(garment, one.members, _BASIS_STEPS, tell) if one.is_group else None for one in asked
        ]
    names = output_files.heat_map_names(len(asked), methods)
    explanations = [
        explainer.explain(garment, one, maps, row, config.k, names[row], shares[row]) for row, one in enumerate(asked)
    ]
    result = Explanations(
        data_set=dataset.name,
        step=step,
        item=config.item,
        photo=None if config.photo is None else Path(config.photo).name,
        category="" if garment.item is None else explainer.category(garment.item),
        values=_values(explainer, garment),
        attributes_left_out=explainer.attributes.left_out,
        steps=config.steps,
        explanations=explanations,
        segments=_segments(explainer, garment, groups),
        unknown_users=unknown,
    )
    _write(result, explainer, garment, asked, maps, output, addition)
    return result


def _asked(config: ExplainConfig, explainer: Explainer) -> tuple[list[Asked], list[UserGroup], list[str]]:
    """Returns (the users and groups asked, the segments of all users, the unknown users of the file of groups)."""
    dataset, tastes = explainer.dataset, explainer.factors.tastes
    if config.user is not None:
        keys = split_keys(config.user, dataset)
        return [Asked(key, np.array([find_user(key, dataset)]), False) for key in keys], [], []
    everybody = Asked(EVERYBODY, np.arange(len(tastes)), True)
    if config.groups is not None:
        groups, unknown = read_groups(config.groups, dataset)
        return [everybody, *(Asked(group.name, group.members, True) for group in groups)], groups, unknown
    segments = cluster(tastes, min(config.clusters, len(tastes)), dataset) if config.clusters else []
    return [everybody], segments, []


def _segments(explainer: Explainer, garment: Garment, groups: list[UserGroup]) -> list[Segment]:
    segments = []
    for group in groups:
        percentiles = explainer.percentiles(garment, group.members)
        segments.append(
            Segment(
                name=group.name,
                users=len(group.members),
                percentile=float(percentiles.mean()),
                disliked_by=float((percentiles < 0.5).mean()),
                leaning="" if group.leaning is None else group.leaning.category,
            )
        )
    return sorted(segments, key=lambda segment: segment.percentile)


def _values(explainer: Explainer, garment: Garment) -> dict[str, str]:
    if garment.item is None:
        return {}
    found = {one.name: one.value(garment.item) for one in explainer.attributes.attributes}
    return {name: value for name, value in found.items() if value}


@contextlib.contextmanager
def _bar(explainer: Explainer, asked: list[Asked], progress: bool) -> Iterator[Callable[[int], object]]:
    total = len(asked) + sum(one.is_group for one in asked) * explainer.factors.styles.shape[1]
    with progress_bar(total=total, desc="explaining", unit="map", disable=not progress) as bar:
        yield bar.update


def _write(
    result: Explanations,
    explainer: Explainer,
    garment: Garment,
    asked: list[Asked],
    maps: Maps,
    output: Path,
    addition: Addition | None,
) -> None:
    if not all(np.isfinite([one.score, one.white_score, one.gap]).all() for one in result.explanations):
        raise InputError("the scores are not finite: the training diverged. Lower its learning rate, and train again")
    with output_files.written(output) as folder:
        more = addition(folder, explainer, garment, asked) if addition is not None else {}
        output_files.write(result, more, garment, maps, explainer.dataset, folder)
