"""`BadPhoto`, the error about a photo that cannot be used."""


class BadPhoto(Exception):
    """Why a photo cannot be used, in a few words."""
