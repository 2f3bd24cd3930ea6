"""The paper's Table III on any data set: which models, tuned how, trained once each, tested once, and written down."""
