"""How the models are written in tables and messages."""

# The recommenders.
NAMES = {
    "rand": "RAND",
    "poprank": "PopRank",
    "warp": "WARP",
    "bpr_mf": "BPR-MF",
    "visrank": "VisRank",
    "fm": "FM",
    "vbpr": "VBPR",
    "dvbpr": "DVBPR",
}

GAN = "gan"
WORKDIRS = {**NAMES, GAN: "the GAN"}  # what a workdir can belong to
