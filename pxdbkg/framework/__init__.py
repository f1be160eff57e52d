"""Modules, paths, the data store and the event loop; knows no pixel and no torch."""
