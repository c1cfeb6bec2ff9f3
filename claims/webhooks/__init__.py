"""Telling other systems of what was published, corrected and withdrawn, by signed HTTP requests.

The form of a message and its signature are those of Standard Webhooks. ``outbox`` writes down what
is to be told, in the transaction of the move; the worker makes ``deliver`` of ``delivering`` send
it later. ``addresses``, ``signing``, ``sending`` and ``retrying`` know neither Django nor the
database.
"""
