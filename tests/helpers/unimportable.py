"""A plugin that cannot be imported."""

raise ImportError("needs libmissing, which is not installed")
