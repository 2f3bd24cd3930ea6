"""What an explanation says, as explain.json holds it."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class ItemBeside:
    """An item beside the garment.

    Attributes:
        item: the owner's key.
        category: its name, "" for none.
        score: ``t_u . Phi_i``.
        percentile: share of the catalogue that the user scores below it, in [0, 1].
        cosine: of likeness to the garment (`likeness.Likeness`), in [-1, 1].
    """

    item: str
    category: str
    score: float
    percentile: float
    cosine: float


@dataclasses.dataclass(frozen=True)
class AttributeChange:
    """What a garment of another attribute value would score, from items that are alike in all other attributes.

    Attributes:
        attribute: its name.
        value: the garment's own, or "" where it is not known: then all other values.
        other: the value compared with it.
        score_own: mean score of the items with `value`.
        score_other: mean score of those with `other`, matched.
        change: ``score_other - score_own``.
        error: standard error of `change`; None of a single stratum.
        helped: share of the users asked whose score rises, in [0, 1].
        items: of either kind that took part.
        strata: combinations of the other attributes in which both occur.
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

    Scores of a user are ``t_u . Phi(X)``. Of a group they are means over its members of scores in units of each
    member's standard deviation over the catalogue, since raw scores of two users do not compare.

    Attributes:
        name: the user's key, or the group's name.
        users: how many are asked.
        score: s(X).
        white_score: s of a white photo, where the integral begins.
        percentile: share of the catalogue below the garment, the mean over the users asked, in [0, 1].
        gap: the sum of the integrated gradients less ``score - white_score``: the rule's error.
        gap_share: the same as a share of the deviation of the scores over the catalogue.
        parts: integrated gradients summed over 8 x 8 squares, rows from the top; they add up like all of them.
        raised_for: share of the users asked whose score each square raises, None where it is white; of a group.
        heat_maps: method to the file of its picture.
        bought_alike: the purchases most alike, most alike first; of a user only.
        bought_unlike: the purchases least alike.
        preferred: the items nearest to the garment that the user scores above it.
        attributes: every change, the best first.
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
    """Users of like taste, or a group of a file, and how they take the garment.

    Attributes:
        name: of the segment.
        users: its members.
        percentile: mean over them, in [0, 1].
        disliked_by: share of them who would put it into the lower half of the catalogue.
        leaning: the category that they buy more than others do; "" for none.
    """

    name: str
    users: int
    percentile: float
    disliked_by: float
    leaning: str


@dataclasses.dataclass(frozen=True)
class Explanations:
    """A garment for all who were asked.

    Attributes:
        data_set: name of the data set that the recommender was trained on.
        step: of the training.
        item: the garment's key; None of a photo.
        photo: the photo's file name; None of an item.
        category: of the item, "" where it has none.
        values: the garment's own attributes, by name.
        attributes_left_out: columns that are no attributes, each with the reason.
        steps: of the integral.
        explanations: one a user or group.
        segments: those who like it least first; none where users were named.
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
