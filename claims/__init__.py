"""What is said, and what was found: claims, statements, ratings and reviews."""
