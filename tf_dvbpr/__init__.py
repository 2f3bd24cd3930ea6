"""DVBPR: visually-aware recommendation learnt from product photos (Kang et al., ICDM 2017)."""

__version__ = "0.1.0"
