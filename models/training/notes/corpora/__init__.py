"""Corpora of notes and abstracts, one reader for each file format."""
