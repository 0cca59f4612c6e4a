"""The service described for machines (OpenAPI 3.1) and for whoever connects an EHR (a page)."""

from cds_hooks.openapi.description import DOCUMENT, PAGE, describe
from cds_hooks.openapi.page import html_page

__all__ = ["DOCUMENT", "PAGE", "describe", "html_page"]
