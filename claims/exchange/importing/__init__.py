"""Bringing in the reviews of others: what is known already, what is new, and what has changed."""
