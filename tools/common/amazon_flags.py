"""The flags that choose among Amazon's items, shared by the tools that read its dumps."""

from absl import flags


def define(values: flags.FlagValues) -> None:
    """Adds --subset, --category_path and --category_levels."""
    flags.DEFINE_enum(
        "subset",
        None,
        ["fashion", "women", "men"],
        "amazon: the paper's items: six kinds of garment, or everything for women or for men",
        flag_values=values,
    )
    flags.DEFINE_string(
        "category_path",
        None,
        "amazon: instead of a subset, everything under this path, as in 'Clothing, Shoes & Jewelry>Women'",
        flag_values=values,
    )
    flags.DEFINE_integer(
        "category_levels",
        None,
        "amazon: how many names below the category path make a category; 1 if not given",
        flag_values=values,
    )
