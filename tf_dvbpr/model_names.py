"""How the models are written in tables."""

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
