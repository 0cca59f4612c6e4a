"""Public keys of clients: a JSON Web Key Set, read strictly, kept for a time, fetched anew when it must be.

Sources: RFC 7517; CDS Hooks, "Trusting CDS Clients"; SMART App Launch 2.2, "Asymmetric authentication" (a key
set is kept no longer than its Cache-Control says).
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import orjson

from fhir_adapters.errors import ServerError
from fhir_adapters.resilience import Deadline
from fhir_adapters.transport import Transport

if TYPE_CHECKING:
    from joserfc.jwk import ECKey, RSAKey

log = logging.getLogger(__name__)

Key: TypeAlias = "ECKey | RSAKey"
_CURVES: Final = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
_MOST_BYTES = 64 * 1024
_MOST_KEYS = 100
_FEWEST_BITS = 2048
_FETCH_S = 5.0
_LONGEST_KEPT_S = 3600.0
_MAX_AGE = re.compile(r"(?:^|,)\s*max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
_NOT_KEPT = re.compile(r"(?:^|,)\s*no-(?:store|cache)\s*(?:,|$)", re.IGNORECASE)


class KeySetError(ValueError):
    """A key set can't be used; says why without repeating any of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySet:
    """Keys by id, for each the algorithms that it may verify.

    Attributes:
        max_age_s: How long it may be kept, in seconds.
    """

    keys: Mapping[str, tuple[Key, ...]]
    max_age_s: float = _LONGEST_KEPT_S

    def find(self, kid: str, algorithm: str) -> Key | None:
        """The key of an id that fits an algorithm; None when there is none."""
        return next((key for key in self.keys.get(kid, ()) if _fits(key, algorithm)), None)


def _fits(key: Key, algorithm: str) -> bool:
    from joserfc.jwk import ECKey  # noqa: PLC0415 - whoever has a key has paid for it

    stated = key.get("alg")
    if stated is not None and stated != algorithm:
        return False
    if isinstance(key, ECKey):
        return _CURVES.get(algorithm) == key.curve_name
    return algorithm.startswith("RS")


def parse_key_set(raw: bytes, max_age_s: float = _LONGEST_KEPT_S) -> KeySet:
    """Reads a JSON Web Key Set; keys that are not public signature keys with an id are passed over.

    Raises:
        KeySetError: It is none, is too large, or no key in it can be used.
    """
    if len(raw) > _MOST_BYTES:
        raise KeySetError("the key set is too large")
    try:
        listed: Any = orjson.loads(raw)["keys"]
    except (orjson.JSONDecodeError, TypeError, KeyError):
        raise KeySetError("is not a JSON Web Key Set") from None
    if not isinstance(listed, list) or len(listed) > _MOST_KEYS:
        raise KeySetError(f"must list at most {_MOST_KEYS} keys")
    found: dict[str, tuple[Key, ...]] = {}
    for each in listed:
        if key := _key(each):
            found[each["kid"]] = (*found.get(each["kid"], ()), key)
    if not found:
        raise KeySetError("holds no public signature key with an id (EC, or RSA of 2048 bits and more)")
    return KeySet(keys=found, max_age_s=max_age_s)


def _key(given: Any) -> Key | None:
    if not isinstance(given, dict) or not isinstance(given.get("kid"), str) or not given["kid"]:
        return None
    # A private key in a public set is known to everybody: what it signs proves nothing.
    if "d" in given or given.get("use", "sig") != "sig" or "verify" not in given.get("key_ops", ["verify"]):
        return None
    from joserfc.errors import JoseError  # noqa: PLC0415 - where anyone may call there is nothing to verify
    from joserfc.jwk import ECKey, RSAKey  # noqa: PLC0415

    try:
        if given.get("kty") == "EC":
            curve = ECKey.import_key(given)
            return curve if curve.curve_name in _CURVES.values() else None
        if given.get("kty") == "RSA" and _bits(given.get("n")) >= _FEWEST_BITS:
            return RSAKey.import_key(given)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return None


def _bits(modulus: Any) -> int:
    # Six bits a character: exact enough to keep short keys out, without decoding what may be anything.
    return len(modulus.rstrip("=")) * 6 if isinstance(modulus, str) else 0


class KeyRing:
    """The key set of one client, shared by all threads of a process.

    A key that is not in it has the set loaded anew, but only once per cool-down, whoever asks how often;
    a set that can't be loaded stays in use until it is too old.

    Args:
        load: Reads or fetches the set. Raises KeySetError or ServerError.
        keep_s: Seconds after which the set is loaded anew even if nothing is missing.
        cooldown_s: Seconds between two attempts.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        load: Callable[[], KeySet],
        *,
        keep_s: float,
        cooldown_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._keep_s = keep_s
        self._cooldown_s = cooldown_s
        self._clock = clock
        self._lock = threading.Lock()
        self._held: KeySet | None = None
        self._loaded = self._tried = float("-inf")

    def find(self, kid: str, algorithm: str) -> Key | None:
        """The key, after loading the set if that is due; None when the client has no such key."""
        held = self._held
        if held is not None and self._age() < min(self._keep_s, held.max_age_s):
            key = held.find(kid, algorithm)
            if key is not None:
                return key
        self._load_if_due()
        held = self._held
        if held is None or self._age() > max(min(held.max_age_s, _LONGEST_KEPT_S), self._cooldown_s):
            return None
        return held.find(kid, algorithm)

    def _age(self) -> float:
        return self._clock() - self._loaded

    def _load_if_due(self) -> None:
        with self._lock:  # those that come while it is loaded wait for it instead of loading it too
            if self._clock() - self._tried < self._cooldown_s:
                return
            self._tried = self._clock()
            try:
                self._held = self._load()
                self._loaded = self._clock()
            except (KeySetError, ServerError) as error:
                log.warning("a client's keys can't be had", extra={"error": type(error).__name__})


def key_file(path: str) -> Callable[[], KeySet]:
    """Loads a key set from a file, so that keys can be rotated without a restart."""

    def load() -> KeySet:
        try:
            return parse_key_set(Path(path).read_bytes())
        except OSError:
            raise KeySetError("can't be read") from None

    return load


def key_url(url: str, transport: Transport) -> Callable[[], KeySet]:
    """Fetches a key set from its one address; redirects are not followed, and its size is capped."""

    def load() -> KeySet:
        deadline = Deadline.after(_FETCH_S)
        reply = transport.run(
            lambda: transport.send(
                url, accept="application/json", token=None, deadline=deadline, max_bytes=_MOST_BYTES
            ),
            deadline,
        )
        return parse_key_set(reply.body, _max_age(reply.cache_control))

    return load


def _max_age(cache_control: str) -> float:
    if _NOT_KEPT.search(cache_control):
        return 0.0
    stated = _MAX_AGE.search(cache_control)
    return float(stated[1]) if stated else _LONGEST_KEPT_S
