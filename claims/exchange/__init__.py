"""What the field exchanges: one module or package for each outside format."""
