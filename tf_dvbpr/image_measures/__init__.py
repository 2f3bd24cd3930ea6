"""How good, how varied and how new images are, generated ones or photos: the paper's Table IV and what goes with it."""
