"""The embedded job queue: kombu's file-system transport, with messages that appear whole.

kombu opens a message's file under its final name and writes it afterwards. A worker that
looks at just that moment takes an empty file and dies of it; polling once a second, that
happens about once a day. Here a message is written aside and renamed into the queue.
"""

import os
import uuid
from time import monotonic
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps

SCHEME = "folder"


class Channel(filesystem.Channel):
    """See the module."""

    def _put(self, queue: str, payload: dict[str, Any], **kwargs: Any) -> None:
        """Put a message onto ``queue``; raises ``ChannelError`` when the folder cannot be written."""
        # Names sort by age; kombu reads what follows the first dot as the queue's name.
        name = f"{round(monotonic() * 1000):015}_{uuid.uuid4()}"
        aside = os.path.join(self.data_folder_out, f"{name}.part")
        try:
            with open(aside, "wb") as file:
                file.write(dumps(payload).encode())
            os.replace(aside, os.path.join(self.data_folder_out, f"{name}.{queue}.msg"))
        except OSError as exc:
            raise ChannelError(f"cannot write to the job queue: {exc}") from exc


class Transport(filesystem.Transport):
    """See the module."""

    Channel = Channel


TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"
