from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from minigen import data
from minigen.data import AmbiguousDataError, Images, MissingDataError


def draw(*paths: Path, shade: int = 100) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8), shade).save(path)


def everything(folder: Path) -> Images:
    """Return all pictures, none of which is kept for tests."""
    return data.from_folder(folder, test_share=0, progress=False)


def labelled(images: Images) -> dict[str, str]:
    """Return the class of each file."""
    assert images.labels is not None
    return {
        file: images.classes[label] for file, label in zip(images.files, images.labels, strict=True)
    }


def test_sub_folders_are_the_classes_with_all_that_is_below_them(tmp_path: Path) -> None:
    draw(tmp_path / "cat/a.png", tmp_path / "dog/a.png", tmp_path / "cat/2020/may/b.png")
    images = everything(tmp_path)
    assert images.classes == ("cat", "dog")
    assert labelled(images) == {"cat/a.png": "cat", "dog/a.png": "dog", "cat/2020/may/b.png": "cat"}


def test_classes_that_are_numbers_are_in_their_order(tmp_path: Path) -> None:
    draw(*(tmp_path / str(number) / "a.png" for number in (10, 9, 0, 100)))
    assert everything(tmp_path).classes == ("0", "9", "10", "100")


def test_without_sub_folders_there_are_no_labels(tmp_path: Path) -> None:
    draw(tmp_path / "a.png", tmp_path / "b.jpg")
    assert everything(tmp_path).labels is None
    assert sorted(everything(tmp_path).files) == ["a.png", "b.jpg"]


def test_one_folder_of_all_pictures_is_one_class(tmp_path: Path) -> None:
    draw(tmp_path / "cat/a.png", tmp_path / "cat/b.png")
    assert everything(tmp_path).classes == ("cat",)


def test_pictures_beside_folders_of_pictures_are_asked_about(tmp_path: Path) -> None:
    draw(tmp_path / "a.png", tmp_path / "cat/b.png")
    message = r"holds 1 picture \(a.png\) beside folders of pictures \(cat\): move"
    with pytest.raises(AmbiguousDataError, match=message):
        everything(tmp_path)


def test_train_and_test_are_the_parts_and_their_folders_the_classes(tmp_path: Path) -> None:
    for folder, count in (("Training", 3), ("test", 2), ("val", 4)):
        for kind in ("cat", "dog"):
            draw(*(tmp_path / folder / kind / f"{number}.png" for number in range(count)))
    for part, folder, count in (("train", "Training", 6), ("test", "test", 4)):
        images = data.from_folder(tmp_path, part, progress=False)
        assert len(images) == count
        assert images.classes == ("cat", "dog")
        assert {file.partition("/")[0] for file in images.files} == {folder}


def test_train_and_test_beside_other_folders_are_classes(tmp_path: Path) -> None:
    draw(*(tmp_path / folder / "a.png" for folder in ("train", "test", "ship")))
    assert everything(tmp_path).classes == ("ship", "test", "train")


def test_a_part_whose_pictures_are_all_bad_is_told(tmp_path: Path) -> None:
    draw(*(tmp_path / "train" / f"{number}.png" for number in range(3)))
    (tmp_path / "test").mkdir()
    (tmp_path / "test/a.png").write_bytes(b"")
    with (
        pytest.warns(UserWarning, match="can't be read"),
        pytest.raises(data.EmptyPartError, match="its folder holds none that can be read"),
    ):
        data.from_folder(tmp_path, "test", bad="skip", progress=False)


def test_train_and_test_may_have_no_classes(tmp_path: Path) -> None:
    draw(tmp_path / "train/a.png", tmp_path / "test/a.png")
    assert everything(tmp_path).labels is None
    draw(tmp_path / "test/cat/a.png")
    with pytest.raises(AmbiguousDataError, match="beside folders"):
        everything(tmp_path)


def test_other_files_and_hidden_ones_are_left_alone(tmp_path: Path) -> None:
    draw(tmp_path / "a.png", tmp_path / ".hidden.png", tmp_path / ".thumbnails/b.png")
    draw(tmp_path / "__MACOSX/c.png")
    (tmp_path / "._a.png").write_bytes(b"what a Mac puts beside")
    (tmp_path / "notes.txt").write_text("flowers of 2020")
    assert everything(tmp_path).files == ("a.png",)


def test_names_may_differ_by_their_ending_or_folder_only(tmp_path: Path) -> None:
    draw(tmp_path / "a/x.png", tmp_path / "a/x.PNG", tmp_path / "a/x.jpg", tmp_path / "c/x.png")
    assert len(set(everything(tmp_path).files)) == 4


def test_names_may_hold_any_letters(tmp_path: Path) -> None:
    draw(tmp_path / "Äpfel/grüner Apfel.png", tmp_path / "りんご/赤.png", tmp_path / "a b'/c\n.png")
    assert everything(tmp_path).classes == ("a b'", "Äpfel", "りんご")


def test_links_are_followed_but_not_in_a_circle(tmp_path: Path) -> None:
    draw(tmp_path / "elsewhere/a.png", tmp_path / "all/cat/b.png")
    (tmp_path / "all/dog").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "all/cat/c.png").symlink_to(tmp_path / "elsewhere/a.png")
    (tmp_path / "all/cat/again").symlink_to(tmp_path / "all")
    images = everything(tmp_path / "all")
    assert sorted(images.files) == ["cat/b.png", "cat/c.png", "dog/a.png"]


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match="absent: there is no such file or folder"):
        everything(tmp_path / "absent")
    with pytest.raises(MissingDataError, match="holds no files: a folder of pictures"):
        everything(tmp_path)
    (tmp_path / "a.txt").write_text("no picture")
    (tmp_path / "b.heic").write_bytes(b"none that is known")
    with pytest.raises(MissingDataError, match=r"holds no pictures: .* there are 1 of \.\w+"):
        everything(tmp_path)
    with pytest.raises(MissingDataError, match=r"a.txt is a file: a folder of pictures"):
        everything(tmp_path / "a.txt")


def test_a_folder_of_arrays_is_told_from_one_of_pictures(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(b"")
    with pytest.raises(MissingDataError, match=r"a\.npz: name the file itself"):
        everything(tmp_path)
