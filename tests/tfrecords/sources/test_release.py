import contextlib
import copyreg
import io
import os
import pickle
import pickletools
import random
import struct
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from tests.support.shop import encode, noise, told_in_one_line
from tfrecords.build import build_dataset
from tfrecords.build_config import BuildConfig
from tfrecords.errors import InputError
from tfrecords.sources.release import FASHION_CATEGORIES, ReleaseSource
from tfrecords.sources.release_unpickler import load_object_array


class Python2Pickler(pickle._Pickler):
    """Writes byte strings as Python 2 did, and NumPy's old module names."""

    dispatch = pickle._Pickler.dispatch.copy()

    def save_bytes(self, text):
        short = len(text) < 256
        self.write((b"U" + bytes([len(text)]) if short else b"T" + struct.pack("<i", len(text))) + text)
        self.memoize(text)

    dispatch[bytes] = save_bytes

    def save_global(self, value, name=None):
        if getattr(value, "__name__", "") == "_reconstruct":
            self.write(b"cnumpy.core.multiarray\n_reconstruct\n")
            self.memoize(value)
        else:
            super().save_global(value, name)

    dispatch[type(copyreg.__newobj__)] = save_global


HEADER = "{'descr': '|O', 'fortran_order': False, 'shape': (6,), }"


def write(path, parts, python=2, header=HEADER):
    outer = np.empty(6, object)
    outer[:] = parts
    if python == 3:
        np.save(path, outer)
        return path
    text = header.ljust(118 - 1) + "\n"
    with path.open("wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode())
        Python2Pickler(file, protocol=2).dump(outer)
    return path


def one_hot(category):
    code = np.zeros(6)
    code[category] = 1
    return code


def fashion(python=2, categories=True):
    """Three users, eight items; item 0 is bought and is user 1's test item, user 2's validation is empty."""

    def key(name):
        return name.encode() if python == 2 else name

    def rows(user, items):
        return [{key("productid"): item, key("reviewerID"): key(f"R{user}"), key("overall"): 5.0} for item in items]

    bought = [([0, 3, 3], [4], [5]), ([1, 2, 6], [7], [0]), ([0], [], [1])]
    splits = [{user: rows(user, parts[split]) for user, parts in enumerate(bought)} for split in range(3)]
    catalogue = {}
    for item in range(8):
        catalogue[item] = {
            key("imgs"): noise(item) if item != 6 else encode((90, 90, 90), mode="L"),
            key("asin"): key(f"A{item}"),
        }
        if categories:
            catalogue[item][key("c")] = one_hot(item % 6)
    return [*splits, catalogue, 3, 8]


def build(path, tmp_path, **options):
    config = BuildConfig(source="release", input=path, output=tmp_path / "data", **options)
    return build_dataset(config, progress=False)


@pytest.mark.parametrize("python", [2, 3])
def test_the_authors_indices_and_split_are_kept(tmp_path, python):
    dataset = build(write(tmp_path / "Fashion6.npy", fashion(python), python), tmp_path)
    assert (dataset.num_users, dataset.num_items, dataset.name) == (3, 8, "Fashion6")
    assert [dataset.train_of(user).tolist() for user in range(3)] == [[0, 3], [1, 2, 6], [0]]
    assert dataset.validation.tolist() == [4, 7, -1]
    assert dataset.test.tolist() == [5, 0, 1]
    assert dataset.item_categories.tolist() == [0, 1, 2, 3, 4, 5, 0, 1]
    assert dataset.category_names == FASHION_CATEGORIES
    assert dataset.user_keys.tolist() == ["R0", "R1", "R2"]
    assert dataset.item_keys.tolist() == [f"A{item}" for item in range(8)]
    assert dataset.resize_filter == "nearest"
    assert dataset.encoded_photos([0, 6]) == [noise(0), encode((90, 90, 90), mode="L")]
    assert dataset.meta["split"]["rule"] == "the authors'"


def test_no_categories(tmp_path):
    dataset = build(write(tmp_path / "Tradesy.npy", fashion(categories=False)), tmp_path)
    assert dataset.category_names == ()
    assert dataset.item_categories.tolist() == [-1] * 8


def test_categories_may_be_named(tmp_path):
    path = write(tmp_path / "f.npy", fashion())
    assert build(path, tmp_path, category_names=tuple("abcdef")).category_names == tuple("abcdef")
    with pytest.raises(InputError, match="category_names=a,b: 6 different names expected"):
        ReleaseSource(path, category_names=("a", "b"))


def test_other_filter_on_request(tmp_path):
    assert build(write(tmp_path / "f.npy", fashion()), tmp_path, resize_filter="bicubic").resize_filter == "bicubic"


def test_keys_fall_back_to_the_indices(tmp_path):
    parts = fashion()
    for entry in parts[3].values():
        entry[b"asin"] = b"same"
    parts[0][1][0][b"reviewerID"] = b"somebody else"
    dataset = build(write(tmp_path / "f.npy", parts), tmp_path)
    assert dataset.item_keys.tolist() == [str(item) for item in range(8)]
    assert dataset.user_keys.tolist() == ["0", "1", "2"]


def test_a_user_without_rows_stays(tmp_path):
    parts = fashion()
    for split in parts[:3]:
        del split[1]
    dataset = build(write(tmp_path / "f.npy", parts), tmp_path)
    assert dataset.num_users == 3
    assert dataset.train_of(1).tolist() == []
    assert (dataset.validation[1], dataset.test[1]) == (-1, -1)


def test_bad_photos_are_replaced_so_that_no_id_shifts(tmp_path):
    parts = fashion()
    parts[3][2][b"imgs"] = b"rubbish"
    del parts[3][5][b"imgs"]
    path = write(tmp_path / "f.npy", parts)
    with pytest.raises(InputError, match=r"photo of Item\[2\] \(A2\): no image .*skip_bad_images"):
        build(path, tmp_path)
    dataset = build(path, tmp_path, skip_bad_images=True)
    assert dataset.num_items == 8
    assert dataset.test.tolist() == [5, 0, 1]
    assert dataset.meta["dropped"] == {"bad_images_replaced_by_white": 2}
    for encoded in dataset.encoded_photos([2, 5]):
        assert np.asarray(Image.open(io.BytesIO(encoded))).min() == 255
    assert dataset.encoded_photos([3]) == [noise(3)]


def spoiled(change):
    parts = fashion()
    change(parts)
    return parts


CONTRADICTIONS = {
    "usernum": (lambda parts: parts.__setitem__(4, "three"), "usernum is b?'three'; expected a positive integer"),
    "itemnum": (lambda parts: parts.__setitem__(5, 0), "itemnum is 0; expected a positive integer"),
    "an item lacks": (lambda parts: parts[3].pop(4), r"Item\[4\] is missing or not a dict"),
    "an item too many": (lambda parts: parts[3].__setitem__(8, {}), "Item has the key 8; expected 0 to 7"),
    "no dict": (lambda parts: parts.__setitem__(3, [1, 2]), "Item is a list; expected a dict"),
    "a user too many": (lambda parts: parts[0].__setitem__(3, []), "user_train has the key 3; expected 0 to 2"),
    "an unknown item": (
        lambda parts: parts[0][0][0].__setitem__(b"productid", 8),
        r"user_train\[0\] has the productid 8",
    ),
    "no productid": (lambda parts: parts[2][0][0].pop(b"productid"), r"user_test\[0\] has the productid None"),
    "two held out": (lambda parts: parts[1][0].extend(parts[1][1]), r"user_validation\[0\] has 2 rows; expected one"),
    "users without end": (
        lambda parts: parts.__setitem__(4, 2**40),
        "usernum is 1099511627776, more than the file has bytes",
    ),
    "items without end": (
        lambda parts: parts.__setitem__(5, 2**40),
        "itemnum is 1099511627776, more than the file has",
    ),
    "a number without end": (lambda parts: parts.__setitem__(4, 2**40_000), "usernum is a number of 40001 bits"),
    "a user who is not there": (
        lambda parts: parts.__setitem__(4, 4),
        "usernum is 4, and the last user of the splits is 2",
    ),
    "a key without end": (lambda parts: parts[0].__setitem__(2**40_000, []), "the key a number of 40001 bits; exp"),
    "rows of numbers": (lambda parts: parts[0].__setitem__(0, [1, 2]), r"user_train\[0\] has the productid None"),
    "a code of objects": (lambda parts: parts[3][3].__setitem__(b"c", 1.5), r"Item\[3\]\['c'\] is no one-hot code"),
    "a code other than one": (
        lambda parts: parts[3][3].__setitem__(b"c", 2 * one_hot(3)),
        r"Item\[3\]\['c'\] is no one-hot code",
    ),
    "dates": (
        lambda parts: parts[0][0][0].__setitem__(b"time", np.array(["2014-07-01"], "M8[D]")),
        r"its pickle holds an array of dates \(datetime64\); save them as numbers or text$",
    ),
    "durations": (
        lambda parts: parts[0][0][0].__setitem__(b"time", np.array([3], "m8[s]")),
        r"its pickle holds an array of durations \(timedelta64\)",
    ),
    "records": (
        lambda parts: parts[0][0][0].__setitem__(b"time", np.zeros(2, "i4,f8")),
        "its pickle holds an array of records with fields",
    ),
    "photos as pixels": (
        lambda parts: parts[3][2].__setitem__(b"imgs", np.zeros([24, 32, 3], np.uint8)),
        r"Item\[2\]\['imgs'\] is an array of uint8 \[24, 32, 3\]; the bytes of a JPEG or PNG file expected",
    ),
    "photos as arrays of bytes": (
        lambda parts: parts[3][2].__setitem__(b"imgs", np.frombuffer(noise(2), np.uint8)),
        r"Item\[2\]\['imgs'\] is an array of uint8 \[\d+\]; the bytes",
    ),
    "photos as lists": (lambda parts: parts[3][2].__setitem__(b"imgs", [1, 2]), r"Item\[2\]\['imgs'\] is a list; the"),
    "not one-hot": (lambda parts: parts[3][3].__setitem__(b"c", np.ones(6)), r"Item\[3\]\['c'\] is no one-hot code"),
    "lengths differ": (lambda parts: parts[3][3].__setitem__(b"c", np.eye(5)[0]), r"differing lengths \[5, 6\]"),
}


@pytest.mark.parametrize("fault", CONTRADICTIONS)
def test_contradictions_are_told(tmp_path, fault):
    change, message = CONTRADICTIONS[fault]
    path = write(tmp_path / "f.npy", spoiled(change))
    for skip in (False, True):
        with told_in_one_line(message):
            build(path, tmp_path, skip_bad_images=skip)
    assert sorted(found.name for found in tmp_path.iterdir()) == ["f.npy"]


def as_bytes(parts, protocol):
    text = HEADER.ljust(117) + "\n"
    outer = np.empty(6, object)
    outer[:] = parts
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + pickle.dumps(outer, protocol)


def figures(path):
    source = ReleaseSource(path)
    items = [(item.key, item.category, item.photo.encoded) for item in source.items()]
    return items, source.users(), source.category_names


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_protocol_is_read_alike(tmp_path, protocol):
    """In protocol 5 arrays of numbers, read-only ones too, and byte arrays lie otherwise than before."""
    (tmp_path / "a").mkdir()
    expected = figures(write(tmp_path / "a/f.npy", fashion(3), python=3))
    parts = fashion(3)
    parts[3][2]["c"].flags.writeable = False
    parts[3][3]["c"] = np.asfortranarray(parts[3][3]["c"])
    if protocol == 5:
        parts[3][4]["imgs"] = bytearray(parts[3][4]["imgs"])
    path = tmp_path / "f.npy"
    path.write_bytes(as_bytes(parts, protocol))
    assert figures(path) == expected


def test_bytes_behind_the_end(tmp_path):
    path = write(tmp_path / "f.npy", fashion())
    path.write_bytes(path.read_bytes() + b"....")
    with told_in_one_line("not a whole pickle .4 bytes behind its end.; fetch the file again"):
        ReleaseSource(path)


def test_a_dict_whose_beginning_was_lost(tmp_path):
    """Without it two purchases would become one."""
    path = write(tmp_path / "f.npy", fashion())
    whole = path.read_bytes()
    between = whole.index(b"u}q", whole.index(b"productid"))
    path.write_bytes(whole[: between + 1] + whole[between + 2 :])
    with told_in_one_line(r"not a whole pickle \(a dict with a key twice\)"):
        ReleaseSource(path)


@pytest.mark.parametrize("which", range(11))
def test_an_array_whose_contents_were_lost(tmp_path, which):
    """The whole, the code of an item, or a byte order: a POP in the place of the BUILD that fills it."""
    path = tmp_path / "f.npy"
    whole = bytearray(as_bytes(fashion(), 2))
    start = 10 + len(HEADER.ljust(118))
    places = [place for operation, _, place in pickletools.genops(whole[start:]) if operation.name == "BUILD"]
    assert len(places) == 8 + 1 + 2  # Two are of dtypes.
    whole[start + places[which]] = pickle.POP[0]
    path.write_bytes(whole)
    with told_in_one_line("not a whole pickle .an array "):
        ReleaseSource(path)


@pytest.mark.parametrize(
    "operation",
    [
        b"K\x01r" + struct.pack("<I", 2**24),  # the number of a place in the memo
        b"\x96" + struct.pack("<Q", 2**28),  # a bytearray
        b"\x8e" + struct.pack("<Q", 2**28),  # bytes
        b"T" + struct.pack("<i", 2**28),
        b"c__builtin__\nbytes\nJ" + struct.pack("<i", 2**28) + b"\x85R",
        b"cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nU\x02u1\x85RJ" + struct.pack("<i", 2**28) + b"\x86R",
    ],
    ids=["memo", "bytearray", "bytes", "text", "bytes()", "scalar"],
)
def test_no_number_in_a_file_makes_the_reader_allocate_more_than_the_file_has(tmp_path, operation):
    path = tmp_path / "f.npy"
    whole = as_bytes(fashion(), 2)
    header = len(HEADER.ljust(118)) + 10
    path.write_bytes(whole[: header + 2] + operation + b"0" + whole[header + 2 :])
    tracemalloc.start()
    try:
        with contextlib.suppress(InputError):
            assert len(load_object_array(path)) == 6
        assert tracemalloc.get_traced_memory()[1] < 20 * len(whole)
    finally:
        tracemalloc.stop()


def test_damage_is_told_in_one_line_wherever_it_is(tmp_path):
    parts = fashion()
    for item in range(8):
        parts[3][item][b"imgs"] = b"x"
    path = write(tmp_path / "f.npy", parts)
    whole = path.read_bytes()
    draw = random.Random(0)
    refused = 0
    for _ in range(200):
        place, damaged = draw.randrange(len(whole)), bytearray(whole)
        if draw.random() < 0.5:
            del damaged[place]
        else:
            damaged[place] ^= 1 << draw.randrange(8)
        path.write_bytes(damaged)
        try:
            ReleaseSource(path)
        except InputError as error:
            assert "\n" not in str(error)
            refused += 1
    assert refused > 100


class Evil:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    ("function", "name"),
    [(os.system, "system"), (eval, "eval"), (np.load, "load"), (getattr, "getattr"), (np.fromfile, "fromfile")],
)
@pytest.mark.parametrize("python", [2, 3])
def test_a_pickle_that_names_anything_else_is_refused(tmp_path, function, name, python):
    mark = tmp_path / "ran"
    parts = fashion()
    # The bad name comes last, behind a whole harmless file.
    parts[5] = Evil(function, f"touch {mark}")
    path = write(tmp_path / "evil.npy", parts, python)
    with pytest.raises(InputError, match=rf"evil\.npy: refused, its pickle names \w+(\.\w+)*\.{name};") as caught:
        build(path, tmp_path)
    assert "\n" not in str(caught.value)
    assert not mark.exists()


def crafted(*operations):
    return b"\x80\x02" + b"".join(operations) + b"."


@pytest.mark.parametrize(
    "pickled",
    [
        # _codecs.encode with a codec that is not a plain one
        crafted(b"c_codecs\nencode\n", b"X\x01\x00\x00\x00aX\x03\x00\x00\x00hex\x86R"),
        # ndarray called by itself instead of passed to _reconstruct
        crafted(b"cnumpy\nndarray\n", b"K\x01\x85R"),
        # an object array whose content is raw memory
        crafted(
            b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R",
            b"(K\x01K\x01\x85cnumpy\ndtype\nU\x02O8K\x00K\x01\x87R\x89U\x08AAAAAAAAtb",
        ),
        # a dtype with fields
        crafted(b"cnumpy\ndtype\n", b"U\x05f8,f8K\x00K\x01\x87R"),
        # a persistent id
        crafted(b"U\x01aQ"),
        b"\x80\x02",
        b"",
    ],
    ids=["codec", "ndarray", "raw objects", "fields", "persistent id", "cut short", "nothing"],
)
def test_crafted_pickles_are_refused(tmp_path, pickled):
    path = tmp_path / "crafted.npy"
    text = HEADER.ljust(117) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + pickled)
    with pytest.raises(InputError, match=r"crafted\.npy: ") as caught:
        load_object_array(path)
    assert "\n" not in str(caught.value)


def test_numbers_strings_and_scalars_inside_survive(tmp_path):
    inner = [
        np.arange(6, dtype=">i4").reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.array([b"ab", b"c"]),
        np.float32(1.5),
        {"set": {1, 2}, "tuple": (1, None, True)},
        np.array(["x", 2], dtype=object),
    ]
    for python in (2, 3):
        loaded = load_object_array(write(tmp_path / f"{python}.npy", inner, python))
        for index in range(3):
            np.testing.assert_array_equal(loaded[index].values, inner[index])
        assert loaded[3] == 1.5
        assert loaded[4]["set" if "set" in loaded[4] else b"set"] == {1, 2}
        assert loaded[5].values[1] == 2


def test_other_files_are_refused(tmp_path):
    (tmp_path / "text.npy").write_text("hello")
    np.save(tmp_path / "numbers.npy", np.arange(6))
    np.save(tmp_path / "five.npy", np.array([{}, {}, {}, {}, 3], dtype=object))
    cases = {
        "text.npy": "not an .npy file",
        "numbers.npy": "expected one of pickled objects",
        "five.npy": "5 objects; expected 6",
    }
    for name, message in cases.items():
        with pytest.raises(InputError, match=message):
            ReleaseSource(tmp_path / name)
    os.mkfifo(tmp_path / "pipe.npy")
    with pytest.raises(InputError, match="a pipe or device; expected the authors'"):
        ReleaseSource(tmp_path / "pipe.npy")
    with pytest.raises(InputError, match="no such file"):
        ReleaseSource(tmp_path / "nowhere.npy")
    with pytest.raises(InputError, match="a folder"):
        ReleaseSource(tmp_path)
    whole = write(tmp_path / "whole.npy", fashion()).read_bytes()
    (tmp_path / "cut.npy").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"cut\.npy: not a whole pickle"):
        ReleaseSource(tmp_path / "cut.npy")
