"""Read and write ClaimReview, the schema.org format in which fact-checkers publish verdicts."""
