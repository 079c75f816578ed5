"""What the index of search holds, beside Sphinx's own."""

from __future__ import annotations

import pytest

pytest.importorskip("sphinx")

from docs.website import searching


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Kullback-Leibler of p_x", ["Kullback", "Leibler", "of", "p_x"]),
        ("变分自编码器", ["变分", "分自", "自编", "编码", "码器"]),
        ("KL散度，即相对熵。", ["KL", "散度", "即相", "相对", "对熵"]),
        ("熵 is entropy", ["熵", "is", "entropy"]),
    ],
)
def test_chinese_is_split_into_pairs_of_characters(text: str, words: list[str]) -> None:
    assert searching.words(text) == words


def test_names_lead_to_the_glossary_and_to_what_derives_them() -> None:
    english, chinese = (dict(searching.names_on(page)) for page in ("glossary", "zh/glossary"))
    assert chinese["高斯分布"] == "gaussian-distribution"
    assert english["WGAN-GP"] == "gradient-penalty"
    assert set(english).isdisjoint(chinese)
    losses = dict(searching.names_on("derivations/losses"))
    assert losses["高斯分布"] == losses["正态分布"] == "gaussian.log_density"
    assert searching.names_on("engine") == []
