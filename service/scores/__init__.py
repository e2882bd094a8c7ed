"""Compute, explain, rank and compare the scores of outlets."""
