"""Static files under names that tell their content; each name is looked up once per process."""

from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage


class KeptStaticStorage(CompressedManifestStaticFilesStorage):
    """WhiteNoise's. A page names a dozen files, and Django would parse and join each address anew."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._addresses: dict[str, str] = {}

    def url(self, name: str, force: bool = False) -> str:
        """The address of the file ``name``."""
        if force or name not in self._addresses:
            found: str = super().url(name, force)
            if force:
                return found
            self._addresses[name] = found
        return self._addresses[name]
