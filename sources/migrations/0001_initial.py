import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models

import claimsapi.core.database.fields
import claimsapi.core.identifiers


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Publisher",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.UUIDField(
                        default=claimsapi.core.identifiers.uuid7,
                        editable=False,
                        unique=True,
                        verbose_name="id",
                    ),
                ),
                ("created_at", claimsapi.core.database.fields.TimestampField(auto_now_add=True)),
                ("updated_at", claimsapi.core.database.fields.TimestampField(auto_now=True)),
                ("revision", models.PositiveIntegerField(default=1, editable=False)),
                ("slug", models.SlugField(max_length=80, unique=True)),
                ("name", models.CharField(max_length=200)),
                (
                    "site",
                    models.CharField(
                        help_text="Its host without www., such as example.org.",
                        max_length=253,
                        unique=True,
                    ),
                ),
                (
                    "corrections_policy_url",
                    models.CharField(
                        blank=True,
                        help_text="The URL of the page that explains how it corrects mistakes.",
                        max_length=2000,
                        verbose_name="corrections policy",
                    ),
                ),
            ],
            options={
                "ordering": ["name", "public_id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True),
                        name="sources_publisher_name_not_blank",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("site", django.db.models.functions.text.Lower("site")),
                            models.Q(("site__startswith", "www."), _negated=True),
                            models.Q(("site__contains", "/"), _negated=True),
                            ("site__contains", "."),
                        ),
                        name="sources_publisher_site_canonical",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Document",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.UUIDField(
                        default=claimsapi.core.identifiers.uuid7,
                        editable=False,
                        unique=True,
                        verbose_name="id",
                    ),
                ),
                ("created_at", claimsapi.core.database.fields.TimestampField(auto_now_add=True)),
                ("updated_at", claimsapi.core.database.fields.TimestampField(auto_now=True)),
                ("revision", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("article", "Article"),
                            ("transcript", "Transcript"),
                            ("speech", "Speech"),
                            ("post", "Post"),
                            ("dataset", "Dataset"),
                            ("report", "Report"),
                            ("image", "Image"),
                            ("video", "Video"),
                        ],
                        default="article",
                        max_length=10,
                    ),
                ),
                ("title", models.CharField(max_length=500)),
                (
                    "url",
                    models.CharField(
                        blank=True,
                        help_text="Its canonical URL, if it has one.",
                        max_length=2000,
                        null=True,
                        unique=True,
                        verbose_name="URL",
                    ),
                ),
                ("byline", models.CharField(blank=True, max_length=300)),
                ("published_on", models.DateField(blank=True, null=True, verbose_name="published")),
                (
                    "published_precision",
                    models.CharField(
                        choices=[
                            ("day", "Day"),
                            ("month", "Month"),
                            ("year", "Year"),
                            ("unknown", "Unknown"),
                        ],
                        default="unknown",
                        max_length=7,
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        blank=True,
                        help_text="A language tag (BCP 47), such as en or pt-BR.",
                        max_length=35,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\\Z",
                                "Enter a language tag such as en or pt-BR (BCP 47).",
                            )
                        ],
                    ),
                ),
                (
                    "publisher",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="documents",
                        to="sources.publisher",
                    ),
                ),
            ],
            options={
                "ordering": ["-public_id"],
            },
        ),
        migrations.CreateModel(
            name="Snapshot",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.UUIDField(
                        default=claimsapi.core.identifiers.uuid7,
                        editable=False,
                        unique=True,
                        verbose_name="id",
                    ),
                ),
                ("created_at", claimsapi.core.database.fields.TimestampField(auto_now_add=True)),
                ("updated_at", claimsapi.core.database.fields.TimestampField(auto_now=True)),
                ("revision", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "sha256",
                    models.CharField(
                        db_index=True,
                        help_text="The hash of the retrieved bytes, in hexadecimal.",
                        max_length=64,
                        verbose_name="SHA-256",
                    ),
                ),
                ("media_type", models.CharField(max_length=100)),
                (
                    "size",
                    models.PositiveIntegerField(
                        blank=True, help_text="The size of the retrieved bytes.", null=True
                    ),
                ),
                (
                    "length",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="The length of the text in characters (Unicode code points).",
                        null=True,
                    ),
                ),
                ("text", models.TextField(blank=True, null=True)),
                (
                    "retrieved_at",
                    claimsapi.core.database.fields.TimestampField(blank=True, null=True),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="snapshots",
                        to="sources.document",
                    ),
                ),
            ],
            options={
                "ordering": ["-public_id"],
            },
        ),
        migrations.CreateModel(
            name="Speaker",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.UUIDField(
                        default=claimsapi.core.identifiers.uuid7,
                        editable=False,
                        unique=True,
                        verbose_name="id",
                    ),
                ),
                ("created_at", claimsapi.core.database.fields.TimestampField(auto_now_add=True)),
                ("updated_at", claimsapi.core.database.fields.TimestampField(auto_now=True)),
                ("revision", models.PositiveIntegerField(default=1, editable=False)),
                ("slug", models.SlugField(max_length=80, unique=True)),
                ("name", models.CharField(max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("person", "Person"),
                            ("organization", "Organization"),
                            ("anonymous", "Anonymous"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "description",
                    models.CharField(
                        blank=True,
                        help_text="A short description; for an anonymous source, the words of the document.",
                        max_length=500,
                    ),
                ),
            ],
            options={
                "ordering": ["name", "public_id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True),
                        name="sources_speaker_name_not_blank",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["anonymous", "organization", "person"])),
                        name="sources_speaker_kind_valid",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Identifier",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.UUIDField(
                        default=claimsapi.core.identifiers.uuid7,
                        editable=False,
                        unique=True,
                        verbose_name="id",
                    ),
                ),
                ("created_at", claimsapi.core.database.fields.TimestampField(auto_now_add=True)),
                ("updated_at", claimsapi.core.database.fields.TimestampField(auto_now=True)),
                ("revision", models.PositiveIntegerField(default=1, editable=False)),
                ("url", models.CharField(max_length=2000, unique=True, verbose_name="URL")),
                (
                    "speaker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="identifiers",
                        to="sources.speaker",
                    ),
                ),
            ],
            options={
                "ordering": ["public_id"],
            },
        ),
        migrations.CreateModel(
            name="Affiliation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.UUIDField(
                        default=claimsapi.core.identifiers.uuid7,
                        editable=False,
                        unique=True,
                        verbose_name="id",
                    ),
                ),
                ("created_at", claimsapi.core.database.fields.TimestampField(auto_now_add=True)),
                ("updated_at", claimsapi.core.database.fields.TimestampField(auto_now=True)),
                ("revision", models.PositiveIntegerField(default=1, editable=False)),
                ("role", models.CharField(max_length=200)),
                ("organization", models.CharField(blank=True, max_length=200)),
                ("start_on", models.DateField(blank=True, null=True, verbose_name="from")),
                (
                    "start_precision",
                    models.CharField(
                        choices=[
                            ("day", "Day"),
                            ("month", "Month"),
                            ("year", "Year"),
                            ("unknown", "Unknown"),
                        ],
                        default="unknown",
                        max_length=7,
                    ),
                ),
                ("end_on", models.DateField(blank=True, null=True, verbose_name="to")),
                (
                    "end_precision",
                    models.CharField(
                        choices=[
                            ("day", "Day"),
                            ("month", "Month"),
                            ("year", "Year"),
                            ("unknown", "Unknown"),
                        ],
                        default="unknown",
                        max_length=7,
                    ),
                ),
                (
                    "speaker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="affiliations",
                        to="sources.speaker",
                    ),
                ),
            ],
            options={
                "ordering": ["speaker", "start_on", "public_id"],
            },
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(
                condition=models.Q(("title", ""), _negated=True),
                name="sources_document_title_not_blank",
            ),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(
                condition=models.Q(("url", ""), _negated=True),
                name="sources_document_url_not_blank",
            ),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "article",
                            "dataset",
                            "image",
                            "post",
                            "report",
                            "speech",
                            "transcript",
                            "video",
                        ],
                    )
                ),
                name="sources_document_kind_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("published_precision__in", ["day", "month", "unknown", "year"])
                ),
                name="sources_document_published_precision_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("published_on__isnull", True), ("published_precision", "unknown")),
                    models.Q(("published_on__isnull", False), ("published_precision", "day")),
                    models.Q(
                        ("published_on__isnull", False),
                        ("published_on__day", 1),
                        ("published_precision", "month"),
                    ),
                    models.Q(
                        ("published_on__isnull", False),
                        ("published_on__day", 1),
                        ("published_on__month", 1),
                        ("published_precision", "year"),
                    ),
                    _connector="OR",
                ),
                name="sources_document_published_precision_fits",
            ),
        ),
        migrations.AddConstraint(
            model_name="snapshot",
            constraint=models.UniqueConstraint(
                fields=("document", "sha256"), name="sources_snapshot_once_per_document"
            ),
        ),
        migrations.AddConstraint(
            model_name="snapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(("sha256__regex", "\\A[0-9a-f]{64}\\Z")),
                name="sources_snapshot_sha256_hexadecimal",
            ),
        ),
        migrations.AddConstraint(
            model_name="snapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("retrieved_at__isnull", True), ("text__isnull", True)),
                    models.Q(
                        models.Q(("text", ""), _negated=True),
                        ("length", django.db.models.functions.text.Length("text")),
                        ("length__isnull", False),
                        ("retrieved_at__isnull", False),
                        ("size__isnull", False),
                        ("text__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="sources_snapshot_text_complete",
            ),
        ),
        migrations.AddConstraint(
            model_name="identifier",
            constraint=models.CheckConstraint(
                condition=models.Q(("url", ""), _negated=True),
                name="sources_identifier_url_not_blank",
            ),
        ),
        migrations.AddConstraint(
            model_name="affiliation",
            constraint=models.CheckConstraint(
                condition=models.Q(("role", ""), _negated=True),
                name="sources_affiliation_role_not_blank",
            ),
        ),
        migrations.AddConstraint(
            model_name="affiliation",
            constraint=models.CheckConstraint(
                condition=models.Q(("start_precision__in", ["day", "month", "unknown", "year"])),
                name="sources_affiliation_start_precision_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="affiliation",
            constraint=models.CheckConstraint(
                condition=models.Q(("end_precision__in", ["day", "month", "unknown", "year"])),
                name="sources_affiliation_end_precision_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="affiliation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("start_on__isnull", True), ("start_precision", "unknown")),
                    models.Q(("start_on__isnull", False), ("start_precision", "day")),
                    models.Q(
                        ("start_on__isnull", False),
                        ("start_on__day", 1),
                        ("start_precision", "month"),
                    ),
                    models.Q(
                        ("start_on__isnull", False),
                        ("start_on__day", 1),
                        ("start_on__month", 1),
                        ("start_precision", "year"),
                    ),
                    _connector="OR",
                ),
                name="sources_affiliation_start_precision_fits",
            ),
        ),
        migrations.AddConstraint(
            model_name="affiliation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("end_on__isnull", True), ("end_precision", "unknown")),
                    models.Q(("end_on__isnull", False), ("end_precision", "day")),
                    models.Q(
                        ("end_on__isnull", False), ("end_on__day", 1), ("end_precision", "month")
                    ),
                    models.Q(
                        ("end_on__isnull", False),
                        ("end_on__day", 1),
                        ("end_on__month", 1),
                        ("end_precision", "year"),
                    ),
                    _connector="OR",
                ),
                name="sources_affiliation_end_precision_fits",
            ),
        ),
        migrations.AddConstraint(
            model_name="affiliation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("start_on__isnull", True),
                    ("end_on__isnull", True),
                    ("end_on__gte", models.F("start_on")),
                    models.Q(
                        ("end_on__year", models.F("start_on__year")), ("end_precision", "year")
                    ),
                    models.Q(
                        ("end_on__month", models.F("start_on__month")),
                        ("end_on__year", models.F("start_on__year")),
                        ("end_precision", "month"),
                    ),
                    _connector="OR",
                ),
                name="sources_affiliation_in_order",
            ),
        ),
    ]
