"""One module for each note format: `MEDIA_TYPES` and `read(data, charset) -> str`."""
