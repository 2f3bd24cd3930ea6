"""Defines the settings that say which columns of a shop's tables are meant."""

import dataclasses

from tfrecords.errors import option
from tfrecords.settings import Bounds, between, setting

_NAME = Bounds(lambda name: bool(name.strip()), "a column's name")
_SELECT = Bounds(lambda query: bool(query.strip()), "a SELECT")


@dataclasses.dataclass(frozen=True, kw_only=True)
class TableColumns:
    """The columns of interactions and items, the queries of a database, and the width of item ids."""

    user_column: str | None = setting(
        None, "csv, table: column of interactions with the user's id; user_id if not given", _NAME
    )
    item_column: str | None = setting(
        None, "csv, table: column of interactions and items with the item's id; item_id if not given", _NAME
    )
    time_column: str | None = setting(
        None, "csv, table: column of interactions with the time; timestamp, if there is one, if not given", _NAME
    )
    image_column: str | None = setting(
        None,
        "csv, table: column of items with the photo's path; image if not given; item_column's name: the photos in "
        f"{option('images')} are named by item",
        _NAME,
    )
    category_column: str | None = setting(
        None, "csv, table: column of items with the category; category, if there is one, if not given", _NAME
    )
    item_width: int | None = setting(
        None,
        "csv, table: write item ids of digits with leading zeros up to this width, for columns of numbers that lost "
        "them",
        between(1, 100),
    )
    interactions_query: str | None = setting(
        None,
        "table, of a database: the SELECT of the interactions; all of the table interactions if not given",
        _SELECT,
    )
    items_query: str | None = setting(
        None,
        "table, of a database: the SELECT of the items, with ORDER BY, as their order is that of their ids; all of "
        "the table items if not given",
        _SELECT,
    )
