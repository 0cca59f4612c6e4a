"""Bundles: the resources of any kind of Bundle, with references inside it as `Type/id`."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

# Nothing in FHIR nests deeper; what does is left as it is.
_DEEPEST = 64
# A searchset's own addresses end in Type/id already; elsewhere fullUrl is the only name of an entry.
_RELATIVE_ALREADY = ("searchset", "history")


def resources_of(bundle: Any) -> list[Json]:
    """The resources of a Bundle, in its order; the Bundle itself is not changed.

    References to another entry by its `fullUrl` (urn:uuid or an address) become `Type/id`. An entry without
    an id takes it from its `urn:uuid` or from the URL of its PUT. References that name no entry, conditional
    ones such as `Practitioner?identifier=...` among them, stay as sent.

    Args:
        bundle: A Bundle of any type, a single resource, or a list of either.

    Returns:
        Resources as sent where nothing had to be rewritten; entries without a resource are left out.
    """
    if isinstance(bundle, list):
        return [resource for item in bundle for resource in resources_of(item)]
    if not isinstance(bundle, dict):
        return []
    if bundle.get("resourceType") != "Bundle":
        return [bundle] if isinstance(bundle.get("resourceType"), str) else []
    return _entries_of(bundle)


def _entries_of(bundle: Json) -> list[Json]:
    entries = bundle.get("entry")
    resources: list[Json] = []
    aliases: dict[str, str] = {}
    relative_already = bundle.get("type") in _RELATIVE_ALREADY
    for entry in entries if isinstance(entries, list) else ():
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict):
            continue
        full_url = entry.get("fullUrl")
        full_url = full_url if isinstance(full_url, str) else ""
        identity = resource.get("id")
        if not identity and (identity := _identity(entry, full_url)):
            resource = {**resource, "id": identity}
        if identity and full_url and not (relative_already and full_url[:4] != "urn:"):
            aliases[full_url] = f"{resource.get('resourceType')}/{identity}"
        resources += _unnested(resource)
    return [_rewritten(resource, aliases) for resource in resources] if aliases else resources


def _unnested(resource: Json) -> list[Json]:
    """The answer of a batch holds one searchset for each query."""
    return resources_of(resource) if resource.get("resourceType") == "Bundle" else [resource]


def _identity(entry: Json, full_url: str) -> str:
    if full_url.startswith("urn:uuid:"):
        return full_url.removeprefix("urn:uuid:")
    request = entry.get("request")
    url = request.get("url") if isinstance(request, dict) and request.get("method") == "PUT" else None
    if isinstance(url, str) and "?" not in url:
        return url.rpartition("/")[2]
    return full_url.rpartition("/")[2]


def _rewritten(value: Json, aliases: dict[str, str], depth: int = 0) -> Json:
    return {key: _rewritten_member(key, item, aliases, depth) for key, item in value.items()}


def _rewritten_member(key: str, value: Any, aliases: dict[str, str], depth: int) -> Any:
    if isinstance(value, str):
        return aliases.get(value, value) if key in ("reference", "url") else value
    if depth >= _DEEPEST:
        return value
    if isinstance(value, dict):
        return _rewritten(value, aliases, depth + 1)
    if isinstance(value, list):
        return [_rewritten_member(key, item, aliases, depth + 1) for item in value]
    return value
