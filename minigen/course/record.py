"""What is remembered of a learner, in a small file of the working folder.

It holds the predictions that were made, the number of hints that were given, and which exercises
were answered in a notebook. It is JSON, can be read, and can be deleted to begin anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from minigen.files import write_atomically

NAME: Final = "progress.json"
"""The file's name in the working folder."""

Record = dict[str, dict[str, Any]]
"""For each subject, such as ``"hints"``, what is known, by name."""


def read(folder: Path) -> Record:
    """Return what is remembered in a working folder; nothing where there is no file.

    Raises
    ------
    ValueError
        If the file is none that `remember` wrote.
    """
    file = folder / NAME
    if not file.exists():
        return {}
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file} is no JSON: delete it to begin anew ({error})") from error
    if not isinstance(found, dict) or not all(isinstance(each, dict) for each in found.values()):
        raise ValueError(f"{file} is not a record of the course: delete it to begin anew")
    return found


def remember(folder: Path, subject: str, name: str, value: Any) -> None:
    """Remember a value under a name of a subject, in a working folder that is made if missing."""
    record = read(folder)
    record.setdefault(subject, {})[name] = value
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(record, ensure_ascii=False, indent=1)
    write_atomically(folder / NAME, f"{text}\n".encode())
