"""Serves exports over HTTP, with TensorFlow Serving's REST interface."""
