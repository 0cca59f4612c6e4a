"""Bundles: the resources of any kind of Bundle, with references inside it as `Type/id`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fhir_adapters.mapping.values import relative

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


def with_files(resources: Iterable[Json]) -> list[Json]:
    """The resources, with the files put in that attachments point to and that came along as Binary.

    Args:
        resources: With references as `Type/id`, see `resources_of`.
    """
    listed = list(resources)
    files = {
        f"Binary/{resource.get('id')}": resource
        for resource in listed
        if resource.get("resourceType") == "Binary" and isinstance(resource.get("data"), str)
    }
    return [_filled(resource, files) for resource in listed] if files else listed


def _filled(resource: Json, files: Mapping[str, Json]) -> Json:
    kind = resource.get("resourceType")
    if kind == "DiagnosticReport" and isinstance(forms := resource.get("presentedForm"), list):
        return {**resource, "presentedForm": [_attached(form, files) for form in forms]}
    if kind == "DocumentReference" and isinstance(contents := resource.get("content"), list):
        filled = [
            {**content, "attachment": _attached(content.get("attachment"), files)}
            if isinstance(content, dict)
            else content
            for content in contents
        ]
        return {**resource, "content": filled}
    return resource


def _attached(attachment: Any, files: Mapping[str, Json]) -> Any:
    if not isinstance(attachment, dict) or attachment.get("data"):
        return attachment
    held = files.get(relative(attachment.get("url")))
    if held is None:
        return attachment
    content_type = attachment.get("contentType") or held.get("contentType")
    return {**attachment, "contentType": content_type, "data": held["data"]}


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
