"""Our dialect of Flask: blueprints, parsing, responses, middleware, authentication and limits."""
