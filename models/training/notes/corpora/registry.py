"""Which reader reads which format."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from inspect import signature
from pathlib import Path
from types import MappingProxyType
from typing import Any

from models.training.notes.corpora.biocreative import read_biocreative
from models.training.notes.corpora.brat import read_brat
from models.training.notes.corpora.document import CorpusError, Document
from models.training.notes.corpora.i2b2 import read_i2b2
from models.training.notes.corpora.iob import read_iob
from models.training.notes.corpora.negex import read_negex
from models.training.notes.corpora.notes import Reader
from models.training.notes.corpora.pubtator import read_pubtator
from models.training.notes.corpora.table import read_table

READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "iob": read_iob,
        "brat": read_brat,
        "table": read_table,
        "biocreative": read_biocreative,
        "pubtator": read_pubtator,
        "i2b2": read_i2b2,
        "negex": read_negex,
    }
)


def read_corpus(
    format_name: str,
    path: Path,
    options: Mapping[str, Any] | None = None,
    more: Mapping[str, Reader] = MappingProxyType({}),
) -> list[Document]:
    """Reads a file or a folder in a named format.

    Args:
        more: Readers of formats that need more than this package may know, e.g. "fhir".

    Raises:
        CorpusError: The format or one of its options is unknown, or the file can't be read.
    """
    readers = {**READERS, **more}
    reader = readers.get(format_name)
    if reader is None:
        raise CorpusError(f"no format '{format_name}'; there are: {', '.join(sorted(readers))}")
    chosen = dict(options or {})
    try:
        signature(reader).bind(path, **chosen)
    except TypeError:
        raise CorpusError(f"format '{format_name}' does not take the options given") from None
    if not path.exists():
        raise CorpusError(f"{path.name}: there is no such file or folder")
    try:
        return reader(path, **chosen)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise CorpusError(f"{path.name}: {type(error).__name__}") from None
