"""Modules of an event loop, thin over the other rooms."""
