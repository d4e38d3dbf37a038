"""Authenticated encryption of single values: AES-256-GCM or SM4-GCM, with keys that can be changed.

A sealed value is text, ``<cipher>.<key id>.<base64url of nonce, ciphertext and tag>``. Cipher
and key id are in it, so values sealed before a change of setting or key still open as long as
the key is listed. What a value is bound to (its table, column and row) is authenticated with
it: moved to another row or column it does not open.

The cipher's key is derived (HKDF-SHA-256) from the 32 bytes of the listed one, so that AES and
SM4 never share key material. SM4: GB/T 32907, in GCM as RFC 8998 specifies it. GCM: NIST SP
800-38D, with a random nonce of 96 bits; at most 2^32 values should be sealed under one key.
"""

import base64
import binascii
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
# Name in the setting PORTAL_CIPHER and in sealed values → block cipher and the length of its key.
CIPHERS = {"aes": (algorithms.AES, 32), "sm4": (algorithms.SM4, 16)}
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,16}")


class CryptoError(Exception):
    """A sealed value cannot be opened. The message is Chinese and tells nothing of the value."""


class MissingKey(CryptoError):
    """The key that the value was sealed with is not listed; ``key_id`` names it."""

    def __init__(self, key_id: str) -> None:
        super().__init__(f"数据密钥 {key_id} 不在 PORTAL_DATA_KEYS 中，用它加密的内容无法读取。")
        self.key_id = key_id


class Tampered(CryptoError):
    """The value was altered, belongs to another row or column, or another key has the same id."""

    def __init__(self) -> None:
        super().__init__("加密的内容已损坏，或与密钥不符，无法读取。")


def parse_keys(text: str) -> dict[str, bytes]:
    """``"k2:<base64>,k1:<base64>"`` as {id: 32 bytes}, in order. Raises ``ValueError`` that says what is wrong."""
    keys: dict[str, bytes] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        key_id, colon, encoded = part.partition(":")
        if not colon or not _KEY_ID.fullmatch(key_id):
            raise ValueError("each key must be written id:base64, its id of 1 to 16 letters, digits, - or _")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            raise ValueError(f"key {key_id} is not base64") from None
        if len(key) != KEY_BYTES:
            raise ValueError(f"key {key_id} has {len(key)} bytes, {KEY_BYTES} are needed")
        if key_id in keys:
            raise ValueError(f"key {key_id} is listed twice")
        keys[key_id] = key
    if not keys:
        raise ValueError("no key is listed")
    return keys


def new_key(key_id: str) -> str:
    """A random key as PORTAL_DATA_KEYS lists it."""
    return f"{key_id}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"


@lru_cache(maxsize=64)
def _derived(key: bytes, cipher: str) -> bytes:
    size = CIPHERS[cipher][1]
    return HKDF(SHA256(), size, salt=None, info=f"portal.data.{cipher}".encode()).derive(key)


@dataclass(frozen=True)
class Keyring:
    """The keys by id, the first of them current, and the cipher to seal with."""

    keys: Mapping[str, bytes] = field(repr=False)
    cipher: str = "aes"

    @property
    def current(self) -> str:
        """The beginning of values sealed now: cipher and key id."""
        return f"{self.cipher}.{next(iter(self.keys))}."

    def is_current(self, sealed: str) -> bool:
        """``sealed`` was made with today's cipher and key."""
        return sealed.startswith(self.current)

    def seal(self, text: str, *, bound_to: str) -> str:
        """``text`` encrypted and bound to what ``bound_to`` names, e.g. ``"grids.reportercontact.phone:17"``."""
        nonce, head = os.urandom(NONCE_BYTES), self.current
        encryptor = self._cipher(head, nonce, None).encryptor()
        encryptor.authenticate_additional_data(_associated(head, bound_to))
        sealed = encryptor.update(text.encode()) + encryptor.finalize()
        return head + base64.urlsafe_b64encode(nonce + sealed + encryptor.tag).decode().rstrip("=")

    def open(self, sealed: str, *, bound_to: str) -> str:
        """The text of a sealed value. Raises :class:`MissingKey` or :class:`Tampered`."""
        head, _dot, encoded = sealed.rpartition(".")
        head += "."
        try:
            body = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise Tampered from None
        # Only the one way of writing the bytes is taken: nothing of a sealed value can be altered unnoticed.
        canonical = base64.urlsafe_b64encode(body).decode().rstrip("=") == encoded
        if not canonical or len(body) < NONCE_BYTES + TAG_BYTES:
            raise Tampered
        nonce, content, tag = body[:NONCE_BYTES], body[NONCE_BYTES:-TAG_BYTES], body[-TAG_BYTES:]
        decryptor = self._cipher(head, nonce, tag).decryptor()
        decryptor.authenticate_additional_data(_associated(head, bound_to))
        try:
            return (decryptor.update(content) + decryptor.finalize()).decode()
        except InvalidTag:
            raise Tampered from None

    def _cipher(self, head: str, nonce: bytes, tag: bytes | None) -> Cipher[modes.GCM]:
        cipher, _dot, key_id = head.removesuffix(".").partition(".")
        if cipher not in CIPHERS or not _KEY_ID.fullmatch(key_id):
            raise Tampered
        if key_id not in self.keys:
            raise MissingKey(key_id)
        return Cipher(CIPHERS[cipher][0](_derived(self.keys[key_id], cipher)), modes.GCM(nonce, tag))


def _associated(head: str, bound_to: str) -> bytes:
    return f"{head}\x1f{bound_to}".encode()


def keyring() -> Keyring:
    """The keyring of the settings."""
    from django.conf import settings  # noqa: PLC0415 -- the settings themselves check their keys with this module

    return Keyring(settings.DATA_KEYS, settings.CIPHER)
