"""Sealed values: round trips with both ciphers, nothing altered or moved opens, keys change without loss."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from suzhou_portal.lib.rows.crypto import CIPHERS, Keyring, MissingKey, Tampered, new_key, parse_keys

ROOT = Path(__file__).resolve().parents[2]
KEYS = parse_keys(f"{new_key('k2')},{new_key('k1')}")
BOTH = pytest.mark.parametrize("cipher", CIPHERS)
# Any text that a database can hold.
TEXTS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=200)


@BOTH
@given(text=TEXTS, bound_to=TEXTS)
def test_what_was_sealed_opens_again(cipher, text, bound_to):
    ring = Keyring(KEYS, cipher)
    sealed = ring.seal(text, bound_to=bound_to)
    assert sealed.isascii()
    assert ring.open(sealed, bound_to=bound_to) == text


@BOTH
def test_the_same_text_never_looks_the_same(cipher):
    ring = Keyring(KEYS, cipher)
    assert len({ring.seal("13800001234", bound_to="x") for _ in range(50)}) == 50


@BOTH
@given(data=st.data())
def test_nothing_altered_opens(cipher, data):
    """Whatever single character of a sealed value is another one: it does not open."""
    ring = Keyring(KEYS, cipher)
    sealed = ring.seal("张三", bound_to="row:1")
    at = data.draw(st.integers(0, len(sealed) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda character: character != sealed[at]))
    with pytest.raises((Tampered, MissingKey)):
        ring.open(sealed[:at] + other + sealed[at + 1 :], bound_to="row:1")


@BOTH
@pytest.mark.parametrize("elsewhere", ["row:2", "row:1 ", "", "row"])
def test_it_opens_in_its_own_row_and_column_only(cipher, elsewhere):
    ring = Keyring(KEYS, cipher)
    with pytest.raises(Tampered):
        ring.open(ring.seal("张三", bound_to="row:1"), bound_to=elsewhere)


@pytest.mark.parametrize("sealed", ["", "x", "aes.k2.", "aes.k2", "aes.k2.AAAA", "des.k2.AAAA", "aes.k2.中", ".."])
def test_what_is_no_sealed_value_is_refused(sealed):
    with pytest.raises(Tampered):
        Keyring(KEYS).open(sealed, bound_to="x")


@BOTH
def test_old_keys_and_the_other_cipher_still_open(cipher):
    old = Keyring({"k1": KEYS["k1"]}, cipher).seal("张三", bound_to="x")
    for now in CIPHERS:
        ring = Keyring(KEYS, now)
        assert ring.open(old, bound_to="x") == "张三"
        assert not ring.is_current(old)
        assert ring.is_current(ring.seal("张三", bound_to="x"))


def test_a_missing_key_is_named():
    sealed = Keyring(KEYS).seal("张三", bound_to="x")
    with pytest.raises(MissingKey, match="k2") as caught:
        Keyring({"k1": KEYS["k1"]}).open(sealed, bound_to="x")
    assert caught.value.key_id == "k2"


@BOTH
def test_another_key_of_the_same_name_does_not_open(cipher):
    sealed = Keyring(KEYS, cipher).seal("张三", bound_to="x")
    with pytest.raises(Tampered):
        Keyring(parse_keys(new_key("k2")), cipher).open(sealed, bound_to="x")


def test_keys_are_shown_nowhere():
    assert repr(KEYS["k1"]) not in repr(Keyring(KEYS))


def test_sm4_gcm_is_that_of_rfc_8998():
    """The library's SM4-GCM against the test vector of RFC 8998, appendix A.1."""
    key, nonce = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210"), bytes.fromhex("00001234567800000000ABCD")
    text = b"".join(bytes([value] * 8) for value in (0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0xEE, 0xAA))
    encryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(bytes.fromhex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2"))
    assert (encryptor.update(text) + encryptor.finalize()).hex().upper().startswith("17F399F08C67D5EE19D0DC9969C4BB7D")
    assert encryptor.tag.hex().upper() == "83DE3541E4C2B58177E065A9BF7B62EC"


SHORT = base64.b64encode(b"x" * 16).decode()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no key"),
        ("k1", "id:base64"),
        (f"k 1:{SHORT}", "id:base64"),
        ("k1:***", "not base64"),
        (f"k1:{SHORT}", "16 bytes"),
        (",".join(["k1:" + base64.b64encode(b"x" * 32).decode()] * 2), "twice"),
    ],
)
def test_bad_lists_of_keys_are_refused_with_the_reason(text, problem):
    with pytest.raises(ValueError, match=problem):
        parse_keys(text)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, "PORTAL_DATA_KEYS must list"),
        ({"PORTAL_DATA_KEYS": "k1:abc"}, "PORTAL_DATA_KEYS: key k1"),
        ({"PORTAL_DATA_KEYS": new_key("k1"), "PORTAL_CIPHER": "rot13"}, "PORTAL_CIPHER must be"),
        ({"PORTAL_DATA_KEYS": new_key("k1"), "PORTAL_CIPHER": "SM4"}, ""),
    ],
)
def test_outside_debug_the_portal_wants_keys_of_its_own(tmp_path, change, message):
    environment = {"PATH": os.environ["PATH"], "SECRET_KEY": "x" * 40, "PORTAL_STATE_DIR": str(tmp_path), **change}
    command = [sys.executable, "-c", "import suzhou_portal.settings"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == (not message), done.stderr
    assert message in done.stderr
