"""Makes the paper's Table III for any data set: tunes and trains the models, tests each once, writes the table."""
