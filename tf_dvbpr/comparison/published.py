"""Lists the AUC that the paper reports (Kang et al., ICDM 2017, Table III)."""

# (users, items) in the paper's Table II, to the data set's name.
_SIZES = {
    (64583, 234892): "Amazon Fashion",
    (97678, 347591): "Amazon Women",
    (34244, 110636): "Amazon Men",
    (33864, 326393): "Tradesy.com",
}
_ORDER = ("rand", "poprank", "warp", "bpr_mf", "visrank", "fm", "vbpr", "dvbpr")
_ALL = {
    "Amazon Fashion": (0.5, 0.5849, 0.6065, 0.6278, 0.6839, 0.7093, 0.7479, 0.7964),
    "Amazon Women": (0.5, 0.6192, 0.5998, 0.6543, 0.6512, 0.6678, 0.7081, 0.7574),
    "Amazon Men": (0.5, 0.6060, 0.6081, 0.6450, 0.6589, 0.6654, 0.7089, 0.7410),
    "Tradesy.com": (0.5, 0.5268, 0.6176, 0.5860, 0.6457, 0.7662, 0.7500, 0.7857),
}
_COLD = {
    "Amazon Fashion": (0.5, 0.3905, 0.5030, 0.5514, 0.6807, 0.7088, 0.7319, 0.7718),
    "Amazon Women": (0.5, 0.3822, 0.5017, 0.5196, 0.6387, 0.6682, 0.6885, 0.7137),
    "Amazon Men": (0.5, 0.3903, 0.5005, 0.5132, 0.6545, 0.6705, 0.6863, 0.6923),
    "Tradesy.com": (0.5, 0.3946, 0.5333, 0.5418, 0.6084, 0.7730, 0.7525, 0.7793),
}


def published(users: int, items: int) -> tuple[str, dict[str, tuple[float, float]]] | None:
    """Returns the paper's results on the data set with these numbers of users and items.

    Returns:
        (the paper's name of the data set, model to its AUC (all, cold)); None if the paper has no such data set.
    """
    name = _SIZES.get((users, items))
    if name is None:
        return None
    return name, dict(zip(_ORDER, zip(_ALL[name], _COLD[name], strict=True), strict=True))
