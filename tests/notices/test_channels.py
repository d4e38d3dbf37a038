"""The ready channels, against a real HTTP server and Django's mail box."""

import hashlib
import hmac
import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.apps import apps
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from suzhou_portal.notices.channels import Envelope, NotSent, label_of
from suzhou_portal.notices.channels.mail import MailChannel
from suzhou_portal.notices.channels.webhook import WebhookChannel, refusal

SECRET = "0123456789abcdef0123456789abcdef"
ENVELOPE = Envelope(
    id="7d1f0d4e-3f0c-4f3a-9d8b-000000000001",
    kind="assigned",
    title="SZ-1 上报：路灯故障",
    url="https://portal.example/issues/SZ-1/",
    username="community.1",
    address="13800000001",
    sent_at=timezone.now(),
)


@pytest.fixture
def hook(settings):
    """A gateway that answers ``hook.status`` (0: breaks off) and keeps what it got."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.got.append((self.path, self.headers, body))
            if not self.server.status:
                self.close_connection = True
                return
            self.send_response(self.server.status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.got, server.status = [], 200
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.PORTAL_NOTICE_WEBHOOK_URL = f"http://127.0.0.1:{server.server_port}/hook"
    settings.PORTAL_NOTICE_WEBHOOK_SECRET = SECRET
    yield server
    server.shutdown()
    server.server_close()


def test_the_hook_gets_a_signed_message_that_says_who_and_where(hook):
    WebhookChannel().send(ENVELOPE)
    ((path, headers, body),) = hook.got
    assert path == "/hook"
    assert json.loads(body) == {
        "id": ENVELOPE.id,
        "kind": "assigned",
        "title": "SZ-1 上报：路灯故障",
        "url": "https://portal.example/issues/SZ-1/",
        "recipient": {"username": "community.1", "phone": "13800000001"},
        "sent_at": ENVELOPE.sent_at.isoformat(),
    }
    assert headers["Idempotency-Key"] == ENVELOPE.id
    signed = headers["X-Portal-Timestamp"].encode() + b"." + body
    assert headers["X-Portal-Signature"] == "sha256=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()


def test_a_repeat_that_the_gateway_knows_counts_as_sent(hook):
    hook.status = 409
    WebhookChannel().send(ENVELOPE)


@pytest.mark.parametrize(
    ("status", "final", "down"),
    [
        (400, True, False),
        (422, True, False),
        (401, False, False),
        (429, False, False),
        (503, False, False),
        (0, False, True),
    ],
)
def test_what_went_wrong_says_whether_to_try_again(hook, status, final, down):
    hook.status = status
    with pytest.raises(NotSent) as problem:
        WebhookChannel().send(ENVELOPE)
    assert (problem.value.final, problem.value.down) == (final, down)
    assert "127.0.0.1" not in problem.value.reason


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(hook, status):
    hook.status = status
    with pytest.raises(NotSent):
        WebhookChannel().send(ENVELOPE)
    assert [path for path, _headers, _body in hook.got] == ["/hook"]


def test_nobody_at_the_address(settings):
    settings.PORTAL_NOTICE_WEBHOOK_URL, settings.PORTAL_NOTICE_WEBHOOK_SECRET = "http://127.0.0.1:1/", SECRET
    with pytest.raises(NotSent) as problem:
        WebhookChannel().send(ENVELOPE)
    assert problem.value.down


@pytest.mark.parametrize(
    ("url", "secret", "fine"),
    [
        ("https://sms.example/hook", SECRET, True),
        ("http://localhost:9000/hook", SECRET, True),
        ("http://sms.example/hook", SECRET, False),
        ("http://localhost.example/hook", SECRET, False),
        ("https://user:password@sms.example/hook", SECRET, False),
        ("https:///hook", SECRET, False),
        ("ftp://sms.example/", SECRET, False),
        ("", SECRET, False),
        ("https://sms.example/hook", "short", False),
    ],
)
def test_the_portal_refuses_to_start_with_an_address_or_secret_that_would_leak(settings, url, secret, fine):
    assert (refusal(url, secret) == "") == fine
    settings.PORTAL_NOTICE_CHANNELS = {"webhook": settings.READY_CHANNELS["webhook"]}
    settings.PORTAL_NOTICE_WEBHOOK_URL, settings.PORTAL_NOTICE_WEBHOOK_SECRET = url, secret
    if fine:
        apps.get_app_config("notices").ready()
    else:
        with pytest.raises(ImproperlyConfigured):
            apps.get_app_config("notices").ready()


def test_a_channel_without_a_class_is_refused(settings):
    settings.PORTAL_NOTICE_CHANNELS = {"pigeon": ""}
    with pytest.raises(ImproperlyConfigured, match="pigeon"):
        apps.get_app_config("notices").ready()


def test_a_mail_says_what_and_where_and_is_the_same_when_repeated():
    for _ in range(2):
        MailChannel().send(replace(ENVELOPE, address="zhang@example.gov.cn"))
    first, again = mail.outbox
    assert first.to == ["zhang@example.gov.cn"]
    assert "SZ-1 上报：路灯故障" in first.subject
    assert ENVELOPE.url in first.body
    assert first.message()["Message-ID"] == again.message()["Message-ID"]


def test_a_mail_server_that_is_away_is_tried_again_later(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    with pytest.raises(NotSent) as problem:
        MailChannel().send(ENVELOPE)
    assert problem.value.down


def test_channels_are_called_as_the_district_calls_them(settings):
    settings.PORTAL_NOTICE_CHANNELS = {"webhook": settings.READY_CHANNELS["webhook"]}
    settings.PORTAL_NOTICE_WEBHOOK_LABEL = "短信"
    assert label_of("webhook") == "短信"
    assert label_of("gone") == "gone"
