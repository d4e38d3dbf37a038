"""Why a file is not taken."""


class Refused(Exception):
    """A file that is not stored. ``str()`` of it is the reason in Chinese, the rest is for programs."""

    def __init__(self, reason: str, *, code: str = "file_refused", http_status: int = 400) -> None:
        super().__init__(reason)
        self.code = code
        self.http_status = http_status
