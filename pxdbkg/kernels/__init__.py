"""The checked Python face of the compiled kernels."""
