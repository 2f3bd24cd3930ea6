"""`BadPhoto`, the error about a photo that cannot be used."""

MIN_SIDE = 8  # pixels; a photo with a smaller side is refused


class BadPhoto(Exception):
    """Why a photo cannot be used, in a few words."""
