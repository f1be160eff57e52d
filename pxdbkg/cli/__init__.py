"""Command line: the only room that nothing imports."""
