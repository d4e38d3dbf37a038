"""The embedded job queue: a folder instead of Redis."""

import contextlib
import threading
from queue import Empty

from celery import Celery
from kombu import Connection

from suzhou_portal import folder_queue


def folder_connection(folder):
    for name in ("messages", "control"):
        (folder / name).mkdir(exist_ok=True)
    options = {
        "data_folder_in": str(folder / "messages"),
        "data_folder_out": str(folder / "messages"),
        "control_folder": str(folder / "control"),
    }
    return Connection(f"{folder_queue.SCHEME}://localhost/", transport_options=options)


def test_messages_come_out_in_order_and_leave_nothing_behind(tmp_path):
    with folder_connection(tmp_path) as connection, connection.SimpleQueue("jobs") as queue:
        for number in range(20):
            queue.put({"n": number})
        received = []
        for _ in range(20):
            message = queue.get(timeout=5)
            received.append(message.payload["n"])
            message.ack()
    assert sorted(received) == list(range(20))
    assert list((tmp_path / "messages").iterdir()) == []


def test_a_reader_never_sees_half_a_message(tmp_path):
    """A reader that polls without pause gets every message whole while another thread writes them."""
    count = 300

    def write():
        with folder_connection(tmp_path) as connection:
            channel = connection.channel()
            for number in range(count):
                channel._put("whole", {"n": number, "padding": "x" * 5000})

    writer = threading.Thread(target=write)
    received = []
    with folder_connection(tmp_path) as connection:
        channel = connection.channel()
        writer.start()
        while writer.is_alive() or channel._size("whole"):
            with contextlib.suppress(Empty):
                received.append(channel._get("whole")["n"])
    assert sorted(received) == list(range(count))


def test_the_portal_uses_it_without_redis(settings):
    from suzhou_portal.celery import app  # noqa: PLC0415 -- the module configures Celery when imported

    assert isinstance(app, Celery)
    assert app.conf.broker_url.startswith(f"{folder_queue.SCHEME}://") == (not settings.REDIS_URL)
