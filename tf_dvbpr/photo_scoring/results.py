"""What is found of new photos, as scores.json holds it."""

import dataclasses

from tf_dvbpr.photo_scoring.user_groups import CategoryShare


@dataclasses.dataclass(frozen=True)
class UserScore:
    """One user and one photo.

    Attributes:
        user: the owner's key.
        percentile: share of the items that the user scores below the photo, in [0, 1].
        rank: the photo's place among the user's items, from 1 to I + 1; an item of equal score goes first.
        score: ``t_u . Phi(p)``.
        standardised_score: the same less its mean over the items, divided by its deviation.
    """

    user: str
    percentile: float
    rank: int
    score: float
    standardised_score: float


@dataclasses.dataclass(frozen=True)
class GroupScore:
    """One group of users and one photo: the mean percentile over the group's members, in [0, 1]."""

    group: str
    percentile: float


@dataclasses.dataclass(frozen=True)
class PhotoScore:
    """One photo.

    Attributes:
        file: its name.
        mean_percentile: over the users asked, in [0, 1].
        median_rank: over the same, from 1 to I + 1.
        users: those who would like it most, best first; those named, where users were.
        groups: all groups, the highest percentile first.
    """

    file: str
    mean_percentile: float
    median_rank: float
    users: list[UserScore]
    groups: list[GroupScore]


@dataclasses.dataclass(frozen=True)
class Group:
    """A group's name, its number of users, and what they bought (`user_groups.UserGroup`)."""

    name: str
    users: int
    most_bought: CategoryShare | None
    leaning: CategoryShare | None


@dataclasses.dataclass(frozen=True)
class PhotoScores:
    """All photos.

    Attributes:
        data_set: name of the data set the recommender was trained on.
        step: of the training.
        category: that the photos are compared with; None: the whole catalogue.
        items: I, how many they are compared with.
        users: how many users were asked.
        named_users: their keys, where they were named.
        groups: largest first.
        unknown_users: keys of a file of groups that the data set does not have.
        bad_files: file name to the reason why it could not be read.
        photos: the highest mean percentile first.
    """

    data_set: str
    step: int
    category: str | None
    items: int
    users: int
    named_users: list[str]
    groups: list[Group]
    unknown_users: list[str]
    bad_files: dict[str, str]
    photos: list[PhotoScore]
