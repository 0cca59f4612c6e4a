"""Tables of texts: a CSV file with the notes in one column."""

from __future__ import annotations

import csv
import gzip
import sys
from pathlib import Path

from models.training.notes.corpora.document import CorpusError, Document


def read_table(path: Path, *, column: str) -> list[Document]:
    """Reads the distinct texts of a column, in order; a text that repeats an earlier one is left out.

    Raises:
        CorpusError: The file has no such column.
    """
    csv.field_size_limit(sys.maxsize)
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines)
        if column not in (rows.fieldnames or ()):
            raise CorpusError(f"{path.name}: there is no column '{column}'")
        texts = dict.fromkeys(row[column].strip() for row in rows if row[column])
    return [Document(key=f"{path.stem}-{number}", text=text) for number, text in enumerate(texts) if text]
