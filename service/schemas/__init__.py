"""The schemas of requests and responses. Types are strict: a request may contain only what OpenAPI describes."""
