"""Network families, the log codec and the payload call."""
