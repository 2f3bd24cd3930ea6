"""Defines the results of an explanation, as explain.json has them."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class ItemBeside:
    """An item that is compared with the garment.

    Attributes:
        item: the item's external id.
        category: the name of its category; "": none.
        score: ``t_u . Phi_i``.
        percentile: share of the catalogue that the user scores below it, in [0, 1].
        cosine: similarity to the garment (`likeness.Likeness`), in [-1, 1].
    """

    item: str
    category: str
    score: float
    percentile: float
    cosine: float


@dataclasses.dataclass(frozen=True)
class AttributeChange:
    """The estimated score of a garment with another value of one attribute; see `attribute_changes.Contrast`.

    Attributes:
        attribute: the attribute's name.
        value: the garment's value; "": it is unknown, and `other` is compared with all other values.
        other: the value compared with it.
        score_own: mean score of the items with `value`.
        score_other: mean score of the matched items with `other`.
        change: ``score_other - score_own``.
        error: standard error of `change`; None if there is only one stratum.
        helped: share of the users asked whose score rises, in [0, 1].
        items: number of compared items, of both values.
        strata: number of combinations of the other attributes in which both values occur.
    """

    attribute: str
    value: str
    other: str
    score_own: float
    score_other: float
    change: float
    error: float | None
    helped: float
    items: int
    strata: int


@dataclasses.dataclass(frozen=True)
class Explanation:
    """One garment for one user or one group of users.

    A user's scores are ``t_u . Phi(X)``. A group's scores are the mean of its members' standard scores: raw scores of
    two users do not compare, so the mean of each member's scores over the catalogue is subtracted from a score, and the
    difference is divided by their standard deviation.

    Attributes:
        name: the user's external id, or the group's name.
        users: number of users.
        score: s(X).
        white_score: s of a white photo, where the integral begins.
        percentile: share of the catalogue that a user scores below the garment, mean over the users, in [0, 1].
        gap: sum of the integrated gradients minus ``score - white_score``, the error of the integral.
        gap_share: |gap| divided by the standard deviation of the scores over the catalogue.
        parts: integrated gradients summed over 8 x 8 squares, rows from the top.
        raised_for: for a group, the share of its users whose score each square raises, None for a white square; None
            for a user.
        heat_maps: method to the file of its picture.
        bought_alike: the most similar purchases, the most similar first; [] for a group.
        bought_unlike: the least similar purchases, the least similar first; [] for a group.
        preferred: the most similar items that the user prefers to the garment; [] for a group.
        attributes: every change of an attribute, the best first.
    """

    name: str
    users: int
    score: float
    white_score: float
    percentile: float
    gap: float
    gap_share: float
    parts: list[list[float]]
    raised_for: list[list[float | None]] | None
    heat_maps: dict[str, str]
    bought_alike: list[ItemBeside]
    bought_unlike: list[ItemBeside]
    preferred: list[ItemBeside]
    attributes: list[AttributeChange]


@dataclasses.dataclass(frozen=True)
class Segment:
    """How a segment likes the garment: a cluster of users with similar tastes, or a group of a file.

    Attributes:
        name: the segment's name.
        users: number of its users.
        percentile: mean percentile of the garment over its users, in [0, 1].
        disliked_by: share of its users who rank the garment in the lower half of the catalogue, in [0, 1].
        leaning: the category that its users buy more often than others do; "": none.
    """

    name: str
    users: int
    percentile: float
    disliked_by: float
    leaning: str


@dataclasses.dataclass(frozen=True)
class Explanations:
    """All explanations of one garment.

    Attributes:
        data_set: name of the data set that the recommender was trained on.
        step: training step of the recommender's weights.
        item: the item's external id; None for a photo.
        photo: the photo's file name; None for an item.
        category: the item's category; "": none.
        values: the garment's known attributes by name.
        attributes_left_out: columns that are no attributes, each with the reason.
        steps: steps of the integral.
        explanations: one per user or group.
        segments: those with the lowest percentile first; [] if users were named.
        unknown_users: keys of the file of groups that are not in the data set.
    """

    data_set: str
    step: int
    item: str | None
    photo: str | None
    category: str
    values: dict[str, str]
    attributes_left_out: dict[str, str]
    steps: int
    explanations: list[Explanation]
    segments: list[Segment]
    unknown_users: list[str]
