"""HTTP views, one file per path family. A view calls one use case and returns its result."""
