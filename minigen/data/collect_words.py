"""Collection of the English words in the package from the texts of Python's own help.

``python -m minigen.data.collect_words`` writes `minigen.data.words.FILE` anew, from the module
`pydoc_data.topics` of the Python that runs it: another version has other texts. The file in the
package was made with Python 3.11.7.
"""

from __future__ import annotations

import re
from typing import Final

import click

from minigen.data import words
from minigen.files import write_atomically

_QUOTED: Final = re.compile(r'"[^"\n]*(?:\n[^"\n]*)?"')
"""What stands in quotation marks, such as names and code, over two lines at most."""

_EXAMPLE: Final = re.compile(r" {5}|>>>|.*::=")
"""How lines begin that are code, a session or grammar."""

_WORD: Final = re.compile(r"(?<![\w.'’_*-])(?<!\w[(\[])[A-Za-z]?[a-z]+(?![\w'’_(*=-]|\.\w)")
"""A word that is no part of a name, a call or a file: small letters, but for the first."""


def collect(text: str) -> list[str]:
    """Return the words of a text in small letters, each once, in the order of the alphabet.

    Words have two letters or more, and a vowel, which abbreviations often lack.

    Examples
    --------
    >>> collect('The "del x" statement deletes; see os.remove() or rm for files.')
    ['deletes', 'files', 'for', 'or', 'see', 'statement', 'the']
    """
    prose = "\n".join(
        line for line in _QUOTED.sub(" ", text).split("\n") if not _EXAMPLE.match(line)
    )
    found = {word.casefold() for word in _WORD.findall(prose)}
    return sorted(word for word in found if len(word) > 1 and re.search("[aeiouy]", word))


@click.command()
def main() -> None:
    """Write the words of all topics into the package."""
    from pydoc_data.topics import topics

    found = collect("\n".join(topics[name] for name in sorted(topics)))
    write_atomically(words.FILE, ("\n".join(found) + "\n").encode("ascii"))
    click.echo(f"{words.FILE}: {len(found):,} words")


if __name__ == "__main__":
    main()
