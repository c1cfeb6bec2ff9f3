"""The desk in the tests: who signs in, and how a page's own form is sent back."""
