"""A message that waited too long behind others of its endpoint says so in the log."""

from typing import Any

from django.db import migrations, models


def leave_unsaid(apps: Any, schema_editor: Any) -> None:
    """On the way back: the versions before know no such word."""
    deliveries = apps.get_model("claims", "WebhookDelivery").objects
    deliveries.using(schema_editor.connection.alias).filter(fault="waited").update(fault="")


class Migration(migrations.Migration):
    dependencies = [("claims", "0013_standing_versions")]

    operations = [
        migrations.RemoveConstraint(
            model_name="webhookdelivery", name="claims_webhookdelivery_fault_known"
        ),
        migrations.AlterField(
            model_name="webhookdelivery",
            name="fault",
            field=models.CharField(
                blank=True,
                choices=[
                    ("address", "The name leads to a private address"),
                    ("name", "The name was not found"),
                    ("connection", "No connection"),
                    ("certificate", "TLS failed"),
                    ("time", "No answer in time"),
                    ("redirect", "Redirected: enter the address that it leads to"),
                    ("status", "Answered with an error"),
                    ("gone", "Answered that the endpoint is gone"),
                    ("answer", "The answer is no HTTP"),
                    ("secret", "The secret cannot be read: make a new one"),
                    ("off", "The endpoint is switched off"),
                    ("not_public", "No longer public"),
                    ("worker", "The worker ended in the middle"),
                    ("waited", "Waited too long behind others"),
                ],
                max_length=11,
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "fault__in",
                        [
                            "",
                            "address",
                            "answer",
                            "certificate",
                            "connection",
                            "gone",
                            "name",
                            "not_public",
                            "off",
                            "redirect",
                            "secret",
                            "status",
                            "time",
                            "waited",
                            "worker",
                        ],
                    )
                ),
                name="claims_webhookdelivery_fault_known",
                violation_error_message="fault: use one of address, name, connection, certificate, time, redirect, status, gone, answer, secret, off, not_public, worker, waited.",
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, leave_unsaid),
    ]
