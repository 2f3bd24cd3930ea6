"""The models' names in tables and messages."""

# The recommenders.
NAMES = {
    "rand": "RAND",
    "poprank": "PopRank",
    "warp": "WARP",
    "bpr_mf": "BPR-MF",
    "visrank": "VisRank",
    "fm": "FM",
    "vbpr": "VBPR",
    "deepstyle": "DeepStyle",
    "amr": "AMR",
    "dvbpr": "DVBPR",
}

GAN = "gan"
WORKDIRS = {**NAMES, GAN: "the GAN"}  # models that a workdir can belong to
