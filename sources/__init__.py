"""Sources of statements: publishers, speakers, documents and their snapshots."""
