"""The outbox of webhook messages, and the worker that delivers them.

Messages and signatures follow Standard Webhooks (https://www.standardwebhooks.com/). ``outbox``
queues a message in the transaction of a publication or retraction. The worker runs ``deliver`` of
``delivery`` later. ``http_client``, ``signing`` and ``retry_policy`` import neither Django nor
models. ``docs/internals/webhooks.md`` explains the guarantees.
"""
