"""Lists the choices that dataset.json records: the sources, and how readers make a photo square."""

SOURCES = ("csv", "table", "release", "wardrobe", "amazon", "tradesy")  # the sources of a data set
# How a photo becomes square, and the filters that resize it; `tfrecords.photos.decode` implements both.
FITS = ("stretch", "pad")
FILTERS = ("nearest", "bilinear", "bicubic", "lanczos3", "area")
