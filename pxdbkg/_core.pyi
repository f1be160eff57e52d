"""Types of the compiled kernels; one block a concept, in the order of csrc/bindings/module.cpp."""
