"""The web pages: what people look at."""
