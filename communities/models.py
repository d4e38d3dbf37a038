"""The models of ``communities/``, by topic: the community."""

from communities.directory.models import Community

__all__ = ["Community"]
