"""Hides a value from tf.Module's tracking."""


class Untracked:
    """Holds a value that tf.Module would otherwise track, whereby a SavedModel loses a Keras 3 model's variables."""

    def __init__(self, value: object) -> None:
        self.value = value
