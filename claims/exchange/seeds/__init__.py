"""Seed documents: cases written as YAML. seeds/README.md describes the format."""
