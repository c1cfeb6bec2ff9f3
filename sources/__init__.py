"""Who speaks, and where: publishers, speakers, documents and snapshots of them."""
