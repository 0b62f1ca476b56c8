"""Entrants: strangers' models, named in a file, that are tried where they can do no harm, and answered."""

from __future__ import annotations
