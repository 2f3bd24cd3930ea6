"""Exports served over HTTP, in TensorFlow Serving's REST form."""
