"""Measures designs: Table IV and Fig. 3 of the paper."""
