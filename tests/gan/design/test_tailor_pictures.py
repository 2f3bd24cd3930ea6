"""The pictures of a tailoring, drawn from steps made up here."""

import io

from PIL import Image

from gan.design.tailor_pictures import draw_tailored, write_gif

COLOURS = ("red", "lime", "blue")


def image(colour, size=8):
    return Image.new("RGB", (size, size), colour)


def test_a_row_shows_the_prototype_and_then_each_step(tmp_path):
    prototype = io.BytesIO()
    image("black").save(prototype, "PNG")
    steps = []
    for number, colour in enumerate(COLOURS):
        image(colour).save(tmp_path / f"{number}.png")
        steps.append({"file": f"{number}.png", "score": 1.5 * number, "step": number, "drift": 0.1})
    tailored = [{"user": user, "prototype_score": 0.5, "steps": steps} for user in ("u0", "u1")]
    assert draw_tailored(prototype.getvalue(), tailored, 0.01, tmp_path) == "tailor.png"
    with Image.open(tmp_path / "tailor.png") as file:
        picture = file.convert("RGB")
    cells = [colour for count, colour in picture.getcolors(1 << 24) if count > 2 * 100 * 100 and colour != (255,) * 3]
    assert sorted(cells) == sorted([(0, 0, 0), (255, 0, 0), (0, 255, 0), (0, 0, 255)])
    middle = [picture.getpixel((56 + place * picture.width // 4, picture.height // 4)) for place in range(4)]
    assert middle == [(0, 0, 0), (255, 0, 0), (0, 255, 0), (0, 0, 255)]


def test_the_animation_is_enlarged_by_whole_pixels_and_rests_on_the_last(tmp_path):
    assert write_gif([image(colour, 48) for colour in COLOURS], tmp_path / "way.gif") == "way.gif"
    with Image.open(tmp_path / "way.gif") as file:
        assert file.size == (240, 240) and file.n_frames == 3 and file.info["loop"] == 0
        times, shown = [], []
        for frame in range(3):
            file.seek(frame)
            times.append(file.info["duration"])
            shown.append(file.convert("RGB").getpixel((120, 120)))
    assert times == [350, 350, 1500] and shown == [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
