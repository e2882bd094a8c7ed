"""The HTTP layer below the API and the pages: parsing, responses, middleware, authentication, limits."""
