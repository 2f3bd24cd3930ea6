import base64
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from gan.report.table4_section import table4_section
from tests.support import report_sources
from tf_dvbpr.report import formats
from tf_dvbpr.report.blocks import on_scale
from tf_dvbpr.report.curves import Chart, Line, draw, ticks
from tf_dvbpr.report.embedded_picture import embed
from tf_dvbpr.report.markup import Html, join, tag
from tfrecords.errors import InputError


def saved(pixels, form="PNG", **options):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, form, **options)
    return buffer.getvalue()


def noise(width, height, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def unpacked(picture):
    kind, data = re.fullmatch(r"data:(.*);base64,(.*)", picture.uri).groups()
    return kind, base64.b64decode(data)


def test_text_is_escaped_and_markup_is_not():
    inner = tag("b", "1 < 2 & 3")
    assert inner == "<b>1 &lt; 2 &amp; 3</b>"
    assert tag("p", inner, class_="x", aria_label='a"b', id=None) == f'<p class="x" aria-label="a&quot;b">{inner}</p>'
    assert tag("img", src="data:,", alt="<i>") == '<img src="data:," alt="&lt;i&gt;">'
    assert isinstance(join("<", inner), Html) and join("<", inner) == f"&lt;{inner}"


@pytest.mark.parametrize(
    ("least", "most", "values", "step"),
    [
        (0.0, 10.0, [0, 2, 4, 6, 8, 10], 2),
        (0.585, 0.871, [0.5, 0.6, 0.7, 0.8, 0.9], 0.1),
        (-3.0, 4.0, [-4, -2, 0, 2, 4], 2),
        (7680, 230400, [0, 50000, 100000, 150000, 200000, 250000], 50000),
        (2.0, 2.0, [1.9, 1.95, 2.0, 2.05, 2.1], 0.05),
    ],
)
def test_ticks_are_round_and_hold_the_values_between_them(least, most, values, step):
    found, distance = ticks(least, most)
    assert found == pytest.approx(values) and distance == pytest.approx(step)


def test_a_curve_goes_through_its_points():
    # The plot's area is 300 x 162 with its lower left corner at (46, 192); the axes run from 0 to 10 and 0 to 1.
    chart = Chart(
        "t", "x", "y", [Line("a", [(0, 0.0), (5, 0.5), (7, None), (8, float("nan")), (10, 1.0)])], (5, "best")
    )
    svg = draw(chart)
    assert re.findall(r'<path d="(.*?)"', svg) == ["M46,192L196,111L346,30"]
    (circle,) = re.findall(r'<circle cx="(.*?)" cy="(.*?)"', svg)
    assert tuple(map(float, circle)) == (196, 111)
    assert "a goes from 0 to 1" in svg


def test_a_curve_of_one_point_is_a_dot_and_of_none_is_left_out():
    assert draw(Chart("t", "x", "y", [Line("a", [(3, 2.0)])])).count("<circle") == 1
    assert draw(Chart("t", "x", "y", [Line("a", [(3, None)])])) == ""


def test_figures_have_the_digits_that_mean_something():
    assert formats.number(-0.12345) == "−0.123" and formats.number(None) == formats.number(float("nan")) == "–"
    assert formats.with_error(0.5, None, 2) == "0.50" and formats.with_error(0.5, 0.25, 2) == "0.50 ± 0.25"
    assert formats.percent(0.99996) == "99.9 %" and formats.percent(1.0) == "100.0 %"
    assert formats.percent(0.998) == "99.8 %" and formats.percent(0.29) == "29.0 %"
    assert [formats.short(value, 50000) for value in (0, 50000, 1500000)] == ["0", "50k", "1500k"]
    assert [formats.setting(value) for value in (True, False, None, "", 0, 0.1)] == ["yes", "no", "–", "–", "0", "0.1"]
    assert formats.short(0.05, 0.05) == "0.05" and formats.short(2.0, 1.0) == "2"
    with pytest.raises((TypeError, ValueError)):
        formats.number("high")


def test_places_on_a_scale():
    assert on_scale([2.0, -2.0, 1.0]) == [1.0, 0.0, 0.75]
    assert on_scale([3.0, 3.0]) == [0.5, 0.5]


@pytest.mark.parametrize("size", [(129, 48), (256, 256)])
def test_a_picture_of_the_size_shown_is_embedded_bit_for_bit(size):
    data = saved(noise(*size))
    picture = embed(data, "x")
    assert unpacked(picture) == ("image/png", data) and (picture.width, picture.height) == size


@pytest.mark.parametrize("most", [None, 192])
def test_a_small_picture_is_enlarged_smoothly(most):
    garment = np.full((64, 48, 3), 255, np.uint8)
    garment[16:48, 12:36] = 40, 90, 160
    picture = embed(saved(garment), "x", most)
    kind, data = unpacked(picture)
    shown = Image.open(io.BytesIO(data)).convert("RGB")
    assert kind in ("image/png", "image/webp") and shown.size == (picture.width, picture.height) == (192, 256)
    wanted = Image.fromarray(garment).resize((192, 256), Image.Resampling.LANCZOS)
    assert np.abs(np.asarray(shown, np.float32) - np.asarray(wanted, np.float32)).mean() < 2


def test_a_large_picture_is_packed_tighter_and_looks_the_same():
    smooth = np.add.outer(np.arange(400) // 2, np.arange(600) // 4)[..., None].repeat(3, 2) % 256
    pixels = (smooth + noise(600, 400) // 16).clip(0, 255).astype(np.uint8)
    data = saved(pixels)
    kind, packed = unpacked(embed(data, "x"))
    again = np.asarray(Image.open(io.BytesIO(packed)).convert("RGB"), np.float32)
    assert kind == "image/webp" and len(packed) < len(data) / 2
    assert np.abs(again - pixels).mean() < 8


def test_a_flat_large_picture_keeps_its_shorter_bytes_and_a_long_one_is_no_webp():
    flat = saved(np.zeros((400, 400, 3), np.uint8), optimize=True)
    _, packed = unpacked(embed(flat, "x"))
    assert len(packed) <= len(flat)
    long = saved(np.zeros((17000, 4, 3), np.uint8))
    assert unpacked(embed(long, "x"))[0] == "image/png"


def test_a_photo_is_scaled_down_to_what_is_shown():
    picture = embed(saved(noise(400, 300), "JPEG"), "x", most=100)
    assert (picture.width, picture.height) == (100, 75)
    assert Image.open(io.BytesIO(unpacked(picture)[1])).size == (100, 75)


def test_a_bmp_becomes_what_browsers_show():
    kind, data = unpacked(embed(saved(noise(20, 10), "BMP"), "x"))
    assert kind == "image/webp" and Image.open(io.BytesIO(data)).size == (256, 128)


@pytest.mark.parametrize("data", [b"", b"no image", saved(noise(64, 64))[:2000]], ids=["empty", "text", "cut short"])
def test_what_is_no_image_is_named(data):
    with pytest.raises(InputError, match="here: not an image, or a damaged one"):
        embed(data, "here")


def test_designs_are_told_to_look_like_garments_or_not(tmp_path):
    report_sources.write_table4(tmp_path)
    (tmp_path / "fig3.png").unlink()
    body = str(table4_section([tmp_path]).body)
    for shown in ("97.5 %", "12.3", "0.500", "certain pattern", "81.0 %", "A design for the person of each trial"):
        assert shown in body
    content = json.loads((tmp_path / "table4.json").read_text())
    for source in content["sources"]:
        source["right_category"] = None
    (tmp_path / "table4.json").write_text(json.dumps(content))
    assert "97.5 %" not in str(table4_section([tmp_path]).body)
    # A folder from before there were such figures.
    for source in content["sources"]:
        source.pop("right_category")
    (tmp_path / "table4.json").write_text(json.dumps(content))
    assert "right category" not in str(table4_section([tmp_path]).body)


def test_where_no_source_has_a_classifier_score_none_is_the_best(tmp_path):
    def bold():
        return re.findall(r"<strong>(.*?)</strong>", str(table4_section([tmp_path]).body))

    report_sources.write_table4(tmp_path)
    assert bold() == ["5.00 ± 0.36", "0.550 ± 0.090", "7.68 ± 3.80"]  # row by row
    file = tmp_path / "table4.json"
    content = json.loads(file.read_text())
    for source in content["sources"]:
        source["quality"] = {"mean": None, "spread": None}
    file.write_text(json.dumps(content))
    assert bold() == ["0.550 ± 0.090", "7.68 ± 3.80"]
