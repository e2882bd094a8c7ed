"""What goes over the wire. Types are strict: what OpenAPI says is what is taken."""
