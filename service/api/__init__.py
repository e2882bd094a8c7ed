"""HTTP: one file per path family. A view takes parsed arguments, calls one use case and returns its result."""
