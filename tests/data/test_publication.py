from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from minigen.data.publication import PublishedFile

from .helpers import published, small_files


def file_of(contents: bytes) -> PublishedFile:
    return PublishedFile("file", len(contents), hashlib.sha256(contents).hexdigest())


@given(st.binary(), st.binary())
def test_only_the_published_bytes_make_no_difference(contents: bytes, other: bytes) -> None:
    file = file_of(contents)
    assert file.difference(contents) is None
    assert (file.difference(other) is None) is (other == contents)


def test_the_difference_names_what_was_expected_and_what_came() -> None:
    file = file_of(b"0123456789" * 200)
    assert file.difference(b"x") == "has 1 bytes instead of 2,000"
    assert file.difference(b"x" * 2000) == (
        f"has the SHA-256 {hashlib.sha256(b'x' * 2000).hexdigest()} instead of {file.sha256}"
    )


def test_a_publication_is_as_large_as_its_files() -> None:
    files = small_files()
    assert published(files).publication.size == sum(map(len, files.values()))
