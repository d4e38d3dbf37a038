"""Whose address a failed sign-in counts for."""

import pytest
from django.test import RequestFactory

from suzhou_portal.audit.origin import client_address, device_words


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "198.51.100.7", "10.0.0.1"),
        (1, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (2, "203.0.113.9, 198.51.100.7", "203.0.113.9"),
        (2, "198.51.100.7", "10.0.0.1"),
        (1, "nonsense", "10.0.0.1"),
        (1, "", "10.0.0.1"),
    ],
)
def test_only_what_trusted_proxies_saw_is_believed(settings, proxies, forwarded, address):
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=forwarded)
    assert client_address(request) == address


def test_a_device_is_told_in_words():
    phone = "Mozilla/5.0 (Linux; Android 13; V2241A) AppleWebKit/537.36 Chrome/129.0.0.0 Mobile Safari/537.36"
    assert device_words(phone) == "Chrome Mobile 129，Android 13"
    assert device_words("district-sync\u202e/2.1") == "district-sync/2.1"
