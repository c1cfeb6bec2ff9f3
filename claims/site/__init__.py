"""Public pages of reviews, speakers and topics, and their feeds."""
