"""The recommender's variable names in the authors' checkpoints and in this project's (docs/guides/checkpoints.md)."""

from collections.abc import Mapping

# The authors' name: our name.
WEIGHTS = {
    "DVBPR/wc1": "cnnf/conv1/kernel",
    "DVBPR/bc1": "cnnf/conv1/bias",
    "DVBPR/wc2": "cnnf/conv2/kernel",
    "DVBPR/bc2": "cnnf/conv2/bias",
    "DVBPR/wc3": "cnnf/conv3/kernel",
    "DVBPR/bc3": "cnnf/conv3/bias",
    "DVBPR/wc4": "cnnf/conv4/kernel",
    "DVBPR/bc4": "cnnf/conv4/bias",
    "DVBPR/wc5": "cnnf/conv5/kernel",
    "DVBPR/bc5": "cnnf/conv5/bias",
    "DVBPR/wd1": "cnnf/fc6/kernel",
    "DVBPR/bd1": "cnnf/fc6/bias",
    "DVBPR/wd2": "cnnf/fc7/kernel",
    "DVBPR/bd2": "cnnf/fc7/bias",
    "DVBPR/wd3": "cnnf/fc8/kernel",
    "DVBPR/bd3": "cnnf/fc8/bias",
    "DVBPR/Variable": "user_factors",
}
USERS, FIRST_DENSE, LAST_DENSE = "DVBPR/Variable", "DVBPR/wd1", "DVBPR/wd3"


def slots() -> dict[str, str]:
    """Returns the names of Adam's moments of every weight: the authors' have the suffixes ``/Adam`` and ``/Adam_1``."""
    return {
        f"{theirs}/{slot}": f"{'user' if theirs == USERS else 'network'}_adam/{ours}/{moment}"
        for theirs, ours in WEIGHTS.items()
        for slot, moment in (("Adam", "m"), ("Adam_1", "v"))
    }


def weight_shapes(num_users: int, dim: int, image_size: int) -> dict[str, tuple[int, ...]]:
    """Returns the shape of each of `WEIGHTS` by the authors' names; `image_size` is a multiple of 32."""
    maps = 256
    flat = (image_size // 32) ** 2 * maps
    return {
        "DVBPR/wc1": (11, 11, 3, 64),
        "DVBPR/bc1": (64,),
        "DVBPR/wc2": (5, 5, 64, maps),
        "DVBPR/bc2": (maps,),
        "DVBPR/wc3": (3, 3, maps, maps),
        "DVBPR/bc3": (maps,),
        "DVBPR/wc4": (3, 3, maps, maps),
        "DVBPR/bc4": (maps,),
        "DVBPR/wc5": (3, 3, maps, maps),
        "DVBPR/bc5": (maps,),
        "DVBPR/wd1": (flat, 4096),
        "DVBPR/bd1": (4096,),
        "DVBPR/wd2": (4096, 4096),
        "DVBPR/bd2": (4096,),
        "DVBPR/wd3": (4096, dim),
        "DVBPR/bd3": (dim,),
        "DVBPR/Variable": (num_users, dim),
    }


def slot_shapes(weights: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """Returns the shape of each of `slots`, which is that of its weight."""
    return {f"{name}/{slot}": shape for name, shape in weights.items() for slot in ("Adam", "Adam_1")}
