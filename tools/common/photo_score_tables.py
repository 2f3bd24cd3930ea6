"""Formats tables about the scores of new photos."""

from collections.abc import Sequence

from tf_dvbpr.photo_scoring.results import PhotoScore, PhotoScores
from tf_dvbpr.photo_scoring.user_groups import CategoryShare

from . import table

_PHOTOS = 100  # most photos shown, if a file has all of them
_USERS = 3  # users shown per photo
_NAMED = 10  # most left-out files and users that are named


def heading(scores: PhotoScores) -> str:
    """Returns a line on the scored photos, the users, the catalogue and the recommender."""
    items = f"{scores.items} items" + (f" of {scores.category}" if scores.category else "")
    users = _number(scores.users, "user")
    return (
        f"{_number(len(scores.photos), 'photo')} among {items}, {users}; data set {scores.data_set}, DVBPR at step "
        f"{scores.step}"
    )


def photos(scores: PhotoScores, output: str | None) -> str:
    """Returns one line per photo (with named users: per photo and user), best first; all lines without an output."""
    shown = scores.photos[:_PHOTOS] if output else scores.photos
    lines = [_by_user(shown, scores.items) if scores.named_users else _by_photo(shown, scores.items)]
    if len(shown) < len(scores.photos):
        lines.append(f"and {len(scores.photos) - len(shown)} more in {output}/scores.csv")
    return "\n".join(lines)


def groups(scores: PhotoScores) -> str:
    """Returns the size of every group and what it buys most; "" if there are no groups."""
    rows = [(one.name, one.users, _category(one.most_bought), _category(one.leaning)) for one in scores.groups]
    return table.render(["group", "users", "bought most", "leans to"], rows, left=(0, 2, 3)) if rows else ""


def left_out(scores: PhotoScores) -> str:
    """Returns the numbers and first names of files that are no photos and of unknown users; "" if there are none."""
    lines = [unknown_users(scores.unknown_users)] if scores.unknown_users else []
    if scores.bad_files:
        files = len(scores.bad_files) + len(scores.photos)
        lines.append(f"left out, {len(scores.bad_files)} of {_number(files, 'file')}, no photos that can be read:")
        lines += [f"  {name}: {reason}" for name, reason in list(scores.bad_files.items())[:_NAMED]]
        if len(scores.bad_files) > _NAMED:
            lines.append(f" {_count_of_unnamed(scores.bad_files)}")
    return "\n".join(lines)


def unknown_users(keys: Sequence[str]) -> str:
    """Returns the number and the first keys of users of a file of groups who are not in the data set; "" for none."""
    if not keys:
        return ""
    named = ", ".join(keys[:_NAMED])
    return f"left out of the groups, {_number(len(keys), 'user')} not in the data set: {named}{_count_of_unnamed(keys)}"


def _by_photo(shown: Sequence[PhotoScore], items: int) -> str:
    headers, left = ["photo", "mean percentile", f"median rank of {items + 1}"], [0]
    for name, there in (("best group", shown[0].groups), ("best users", shown[0].users)):
        if there:
            left.append(len(headers))
            headers.append(name)
    rows = []
    for photo in shown:
        row = [photo.file, f"{photo.mean_percentile:.1%}", f"{photo.median_rank:g}"]
        if photo.groups:
            row.append(f"{photo.groups[0].group} {photo.groups[0].percentile:.1%}")
        if photo.users:
            row.append(" ".join(user.user for user in photo.users[:_USERS]))
        rows.append(row)
    return table.render(headers, rows, left)


def _by_user(shown: Sequence[PhotoScore], items: int) -> str:
    rows = [
        (photo.file, user.user, f"{user.percentile:.1%}", user.rank, f"{user.score:.4f}")
        for photo in shown
        for user in photo.users
    ]
    return table.render(["photo", "user", "percentile", f"rank of {items + 1}", "score"], rows, left=(0, 1))


def _category(share: CategoryShare | None) -> str:
    return "-" if share is None else f"{share.category} {share.share:.1%} (all users {share.of_all:.1%})"


def _number(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _count_of_unnamed(named: Sequence[str] | dict[str, str]) -> str:
    return f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
