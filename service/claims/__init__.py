"""Record claims and reports, resolve them, and list them."""
