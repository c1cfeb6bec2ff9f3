"""The pages that everyone may read: published reviews, their speakers and topics."""
