"""Table IV and Fig. 3 of the paper: how good designs are."""
