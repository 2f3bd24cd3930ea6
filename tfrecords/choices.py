"""What dataset.json names: the sources, and how readers bring a photo to a square."""

SOURCES = ("csv", "release", "wardrobe", "amazon", "tradesy")  # what a data set can be built from
# How a photo is brought to a square, and by which filter; `photos.decode` has both.
FITS = ("stretch", "pad")
FILTERS = ("nearest", "bilinear", "bicubic", "lanczos3", "area")
