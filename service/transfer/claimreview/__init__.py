"""Read ClaimReview, the schema.org format in which fact-checkers publish their verdicts."""
