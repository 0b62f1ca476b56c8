"""The site: boards, faces and models as static pages that need neither a server nor the network."""

from .build import write_site

__all__ = ["write_site"]
