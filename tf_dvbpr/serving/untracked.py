"""Hides a value from tf.Module's tracking."""


class Untracked:
    """Holds a value that tf.Module would look into: SavedModel loses a Keras 3 model's variables when it does."""

    def __init__(self, value: object) -> None:
        self.value = value
