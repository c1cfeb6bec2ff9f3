"""Translation of messages, model labels and pages."""
