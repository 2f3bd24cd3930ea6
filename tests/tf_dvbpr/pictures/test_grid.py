import io

import numpy as np
import pytest
from PIL import Image

from tf_dvbpr.pictures import font as caption_font
from tf_dvbpr.pictures import grid
from tfrecords.errors import InputError

RED, BLUE, WHITE = (200, 0, 0), (0, 0, 200), (255, 255, 255)


def photo(colour, width=40, height=40):
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, "PNG")
    return buffer.getvalue()


def centres(image, colour):
    """Where the patches of one colour lie: their bounding box (left, top, right, bottom)."""
    rows, columns = np.nonzero((np.asarray(image) == colour).all(-1))
    return columns.min(), rows.min(), columns.max(), rows.max()


def test_rows_lie_below_each_other_and_keep_the_aspect_ratio():
    rows = [grid.Row("above", [photo(RED, 40, 80)]), grid.Row("below", [photo(BLUE)], ["key\n1.25"])]
    image = grid.draw(rows, cell=100)
    red, blue = centres(image, RED), centres(image, BLUE)
    assert red[3] < blue[1]
    width, height = red[2] - red[0] + 1, red[3] - red[1] + 1
    assert abs(width * 2 - height) <= 2 and height > 90
    assert abs((red[0] + red[2]) - (blue[0] + blue[2])) <= 2  # both centred in the first column
    assert image.getpixel((0, 0)) == WHITE and image.getpixel((image.width - 1, image.height - 1)) == WHITE


def test_a_long_row_goes_on_in_the_next_line():
    one_line = grid.draw([grid.Row("", [photo(RED)] * 4)], columns=4, cell=50)
    two_lines = grid.draw([grid.Row("", [photo(RED)] * 5)], columns=4, cell=50)
    assert two_lines.width == one_line.width
    assert 50 <= two_lines.height - one_line.height <= 80


def test_long_captions_stay_in_their_cell_and_transparency_is_white():
    clear = Image.new("RGBA", (30, 30), (0, 0, 0, 0))
    row = grid.Row("", [clear, clear], ["a very long caption indeed " * 3, ""])
    image = np.asarray(grid.draw([row], cell=60))
    assert image[70, 40].tolist() == [255, 255, 255]
    written = np.nonzero((image[24 + 18 + 14 + 60 + 2 :] < 200).any(-1))[1]
    assert written.min() >= 24 and written.max() < 24 + 60


def test_saving_is_whole_or_not_at_all(tmp_path):
    image = grid.draw([grid.Row("nothing to show", [])])
    grid.save(image, tmp_path / "new" / "top.png")
    assert Image.open(tmp_path / "new" / "top.png").size == image.size
    with pytest.raises(InputError, match=r"must end in \.png"):
        grid.save(image, tmp_path / "top.exe")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["top.png"]


def test_captions_must_match_photos():
    with pytest.raises(ValueError, match="1 captions for 2 photos"):
        grid.Row("", [photo(RED)] * 2, ["one"])


@pytest.mark.parametrize("name", ["Straße café", "李雷", "Ärmel\tlang", "\U0010fffd"])
def test_letters_that_the_own_font_lacks_are_not_drawn_as_boxes(name):
    font, text = caption_font.fitting(name, 13)
    box = bytes(font.getmask("\uffff"))
    assert len(text) == len(name)
    assert not [letter for letter in text if not letter.isspace() and bytes(font.getmask(letter)) == box]


def test_without_a_wider_font_accents_go_and_the_rest_is_marked(monkeypatch):
    monkeypatch.setattr(caption_font, "_WIDER", ("no such font.ttf",))
    assert caption_font.fitting("Straße café", 13)[1] == "Stra?e cafe"
    assert caption_font.fitting("women_tops 5 %", 13) == (caption_font._font(None, 13), "women_tops 5 %")
