"""Seed documents: the first cases, written as YAML. The format is described in seeds/README.md."""
