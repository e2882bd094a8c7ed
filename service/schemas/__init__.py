"""The schemas of requests and responses. Requests may contain only what the API document describes."""
