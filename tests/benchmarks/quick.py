"""Static files under their own names, for the quick run."""

from suzhou_portal.static_names import KeptStaticStorage


class PlainNames(KeptStaticStorage):
    """Looks no name up."""

    def stored_name(self, name: str) -> str:
        """See Django."""
        return name
