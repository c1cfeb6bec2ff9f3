from typing import Any

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models

import claimsapi.core.database.fields
import claimsapi.core.database.functions
import claimsapi.core.identifiers
from claims.read_models import full_text


def create_full_text(_apps: Any, schema_editor: Any) -> None:
    for statement in full_text.create_statements(schema_editor.connection.vendor):
        schema_editor.execute(statement)


def drop_full_text(_apps: Any, schema_editor: Any) -> None:
    for statement in full_text.drop_statements(schema_editor.connection.vendor):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("core", "__first__"),
        ("sources", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="ClaimSearch",
            fields=[
                ("claim_id", models.BigIntegerField(primary_key=True, serialize=False)),
            ],
            options={
                "db_table": "claims_search_public",
                "managed": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Correction",
            fields=[
                (
                    "public_id",
                    models.UUIDField(primary_key=True, serialize=False, verbose_name="id"),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("correction", "Correction"),
                            ("clarification", "Clarification"),
                            ("update", "Update"),
                            ("retraction", "Retraction"),
                        ],
                        max_length=13,
                    ),
                ),
                ("at", models.DateTimeField(help_text="The time of its publication.")),
                ("note", models.TextField(help_text="The public explanation.")),
            ],
            options={
                "db_table": "claims_correction",
                "ordering": ["-at", "-public_id"],
                "managed": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Claim",
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
                    "text",
                    models.CharField(
                        help_text="The proposition in neutral words.", max_length=1000
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("event", "Event"),
                            ("statistic", "Statistic"),
                            ("comparison", "Comparison"),
                            ("causal", "Causal"),
                            ("prediction", "Prediction"),
                            ("position", "Position"),
                        ],
                        help_text="The kind of proposition; empty if not yet decided.",
                        max_length=12,
                    ),
                ),
                (
                    "checkability",
                    models.CharField(
                        choices=[
                            ("checkable", "Checkable"),
                            ("partly", "Checkable in part"),
                            ("not_yet", "Not yet checkable"),
                            ("not_checkable", "Not Checkable"),
                        ],
                        default="checkable",
                        max_length=14,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("unreviewed", "Unreviewed"),
                            ("in_review", "In Review"),
                            ("reviewed", "Reviewed"),
                            ("not_checkable", "Not Checkable"),
                            ("rejected", "Rejected"),
                        ],
                        default="unreviewed",
                        editable=False,
                        max_length=14,
                    ),
                ),
                (
                    "status_reason",
                    models.TextField(
                        blank=True,
                        editable=False,
                        help_text="Why the claim is rejected or not checkable.",
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
                    "decidable_on",
                    models.DateField(
                        blank=True,
                        help_text="When evidence can decide it: for a prediction, the predicted date.",
                        null=True,
                        verbose_name="decidable from",
                    ),
                ),
                (
                    "decidable_precision",
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
                    "listed_at",
                    claimsapi.core.database.fields.TimestampField(
                        blank=True,
                        editable=False,
                        help_text="When an editor announced to the public that we are checking it.",
                        null=True,
                        verbose_name="listed",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-public_id"],
                "permissions": [
                    ("list_claim", "Can list claims for the public"),
                    ("decide_claim", "Can reject, reopen and mark claims as not checkable"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="The client, such as a newsroom or a program.",
                        max_length=100,
                        unique=True,
                    ),
                ),
                (
                    "prefix",
                    models.CharField(
                        editable=False,
                        help_text="The first characters of the key.",
                        max_length=8,
                        verbose_name="begins with",
                    ),
                ),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                (
                    "is_active",
                    models.BooleanField(
                        default=True, help_text="Clear it to revoke the key.", verbose_name="active"
                    ),
                ),
                (
                    "made_at",
                    claimsapi.core.database.fields.TimestampField(
                        auto_now_add=True, verbose_name="created"
                    ),
                ),
            ],
            options={
                "verbose_name": "API key",
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True),
                        name="claims_apikey_name_not_blank",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LabelVerdict",
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
                ("label", models.CharField(help_text="The label as printed.", max_length=200)),
                ("key", models.CharField(editable=False, max_length=200)),
                (
                    "site",
                    models.CharField(
                        blank=True,
                        help_text="The site of the publisher who uses the label; empty for all publishers.",
                        max_length=253,
                    ),
                ),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("true", "True"),
                            ("mostly_true", "Mostly True"),
                            ("mixed", "Mixed"),
                            ("mostly_false", "Mostly False"),
                            ("false", "False"),
                            ("misleading", "Misleading"),
                            ("missing_context", "Missing Context"),
                            ("outdated", "Outdated"),
                            ("satire", "Satire"),
                            ("unproven", "Unproven"),
                            ("not_checkable", "Not Checkable"),
                            ("unmapped", "Not mapped yet"),
                        ],
                        max_length=15,
                    ),
                ),
            ],
            options={
                "ordering": ["key", "site"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("label", ""), _negated=True),
                        name="claims_labelverdict_label_not_blank",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("key", ""), _negated=True),
                        name="claims_labelverdict_key_not_blank",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "verdict__in",
                                [
                                    "false",
                                    "misleading",
                                    "missing_context",
                                    "mixed",
                                    "mostly_false",
                                    "mostly_true",
                                    "not_checkable",
                                    "outdated",
                                    "satire",
                                    "true",
                                    "unmapped",
                                    "unproven",
                                ],
                            )
                        ),
                        name="claims_labelverdict_verdict_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("verdict", "unmapped"), _negated=True),
                        name="claims_labelverdict_verdict_mapped",
                    ),
                    models.UniqueConstraint(
                        fields=("key", "site"), name="claims_labelverdict_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PublicClaim",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "claim_id",
                        "speaker",
                        "verdict",
                        "publisher",
                        "topic",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("claim_id", models.BigIntegerField()),
                ("speaker", models.BigIntegerField()),
                ("verdict", models.SmallIntegerField()),
                ("publisher", models.BigIntegerField()),
                ("topic", models.BigIntegerField()),
                ("created_at", models.DateTimeField()),
                ("public_id", models.UUIDField()),
                ("language", models.CharField(max_length=35)),
                ("year", models.SmallIntegerField()),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        models.F("speaker"),
                        models.F("verdict"),
                        models.F("publisher"),
                        models.F("topic"),
                        models.F("created_at"),
                        models.F("public_id"),
                        models.F("claim_id"),
                        name="claims_publicclaim_page",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PublicTally",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("facet", models.CharField(max_length=9)),
                ("value", models.CharField(max_length=35)),
                ("n", models.BigIntegerField()),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        models.F("facet"),
                        models.F("value"),
                        models.F("n"),
                        name="claims_publictally_value",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RatingScale",
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
                ("slug", models.SlugField(max_length=80)),
                ("version", models.PositiveSmallIntegerField(default=1)),
                ("name", models.CharField(max_length=200)),
                (
                    "origin",
                    models.CharField(
                        choices=[("own", "Own"), ("imported", "Imported")],
                        default="own",
                        editable=False,
                        help_text="An imported scale lists the labels imported so far, in no order.",
                        max_length=8,
                    ),
                ),
                (
                    "publisher",
                    models.ForeignKey(
                        blank=True,
                        help_text="The publisher who rates by this scale; empty for a common scale.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rating_scales",
                        to="sources.publisher",
                    ),
                ),
            ],
            options={
                "ordering": ["slug", "-version"],
            },
        ),
        migrations.CreateModel(
            name="Rating",
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
                    "label",
                    models.CharField(help_text="As the publisher prints it.", max_length=200),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        help_text="Its position on the scale, truest first."
                    ),
                ),
                (
                    "value",
                    models.IntegerField(
                        blank=True,
                        help_text="Its number on the publisher's scale, if it has one.",
                        null=True,
                    ),
                ),
                ("definition", models.CharField(blank=True, max_length=1000)),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("true", "True"),
                            ("mostly_true", "Mostly True"),
                            ("mixed", "Mixed"),
                            ("mostly_false", "Mostly False"),
                            ("false", "False"),
                            ("misleading", "Misleading"),
                            ("missing_context", "Missing Context"),
                            ("outdated", "Outdated"),
                            ("satire", "Satire"),
                            ("unproven", "Unproven"),
                            ("not_checkable", "Not Checkable"),
                            ("unmapped", "Not mapped yet"),
                        ],
                        default="unmapped",
                        max_length=15,
                    ),
                ),
                (
                    "scale",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="ratings",
                        to="claims.ratingscale",
                    ),
                ),
            ],
            options={
                "ordering": ["scale", "position"],
            },
        ),
        migrations.CreateModel(
            name="Review",
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
                    "origin",
                    models.CharField(
                        choices=[("own", "Own"), ("imported", "Imported")],
                        default="own",
                        editable=False,
                        max_length=8,
                    ),
                ),
                (
                    "slug",
                    models.SlugField(
                        blank=True,
                        editable=False,
                        help_text="The last part of its page's URL, set at its first publication.",
                        max_length=80,
                        null=True,
                        unique=True,
                    ),
                ),
                (
                    "identifier",
                    models.CharField(
                        blank=True,
                        editable=False,
                        help_text="The URL or number of an imported review at its publisher.",
                        max_length=2000,
                    ),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews",
                        to="claims.claim",
                    ),
                ),
                (
                    "publisher",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews",
                        to="sources.publisher",
                    ),
                ),
            ],
            options={
                "ordering": ["-public_id"],
                "permissions": [("import_review", "Can import the reviews of other publishers")],
            },
        ),
        migrations.CreateModel(
            name="ReviewVersion",
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
                ("number", models.PositiveSmallIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("submitted", "Submitted"),
                            ("published", "Published"),
                            ("superseded", "Superseded"),
                            ("retracted", "Retracted"),
                        ],
                        default="draft",
                        editable=False,
                        max_length=10,
                    ),
                ),
                ("headline", models.CharField(blank=True, max_length=300)),
                (
                    "summary",
                    models.TextField(blank=True, help_text="The finding in a few sentences."),
                ),
                ("body", models.TextField(blank=True, help_text="The reasoning.")),
                (
                    "submitted_at",
                    claimsapi.core.database.fields.TimestampField(
                        blank=True, editable=False, null=True
                    ),
                ),
                (
                    "published_at",
                    claimsapi.core.database.fields.TimestampField(
                        blank=True, editable=False, null=True
                    ),
                ),
                (
                    "closed_at",
                    claimsapi.core.database.fields.TimestampField(
                        blank=True, editable=False, null=True
                    ),
                ),
                (
                    "return_reason",
                    models.TextField(
                        blank=True,
                        editable=False,
                        help_text="Why an editor last returned it to its author.",
                    ),
                ),
                (
                    "correction_kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("correction", "Correction"),
                            ("clarification", "Clarification"),
                            ("update", "Update"),
                            ("retraction", "Retraction"),
                        ],
                        max_length=13,
                        verbose_name="correction",
                    ),
                ),
                (
                    "correction_note",
                    models.TextField(
                        blank=True,
                        help_text="The public explanation of the correction.",
                        verbose_name="public note",
                    ),
                ),
                (
                    "retraction_note",
                    models.TextField(
                        blank=True,
                        editable=False,
                        help_text="The public explanation of the retraction.",
                    ),
                ),
                (
                    "markup",
                    models.TextField(
                        blank=True,
                        editable=False,
                        help_text="The ClaimReview markup of an imported version, as JSON in ASCII.",
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="authored",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "editor",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="edited",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "rating",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="claims.rating",
                    ),
                ),
                (
                    "review",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="claims.review",
                    ),
                ),
            ],
            options={
                "ordering": ["-public_id"],
                "permissions": [
                    ("publish_reviewversion", "Can publish and return review versions"),
                    ("retract_reviewversion", "Can retract published review versions"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Evidence",
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
                    "exact",
                    models.TextField(blank=True, help_text="The exact words of the quotation."),
                ),
                (
                    "prefix",
                    models.CharField(
                        blank=True, help_text="A few words before the quotation.", max_length=64
                    ),
                ),
                (
                    "suffix",
                    models.CharField(
                        blank=True, help_text="A few words after the quotation.", max_length=64
                    ),
                ),
                ("start", models.PositiveIntegerField(blank=True, null=True)),
                ("end", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "stance",
                    models.CharField(
                        choices=[
                            ("supports", "Supports"),
                            ("refutes", "Refutes"),
                            ("context", "Context"),
                            ("insufficient", "Insufficient"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "locator",
                    models.CharField(
                        blank=True,
                        help_text="The position in the document: page, table, minute.",
                        max_length=300,
                    ),
                ),
                (
                    "is_primary",
                    models.BooleanField(
                        default=False,
                        help_text="The document is the origin of the fact, not a report of it.",
                        verbose_name="primary source",
                    ),
                ),
                ("note", models.TextField(blank=True, help_text="What the document shows.")),
                (
                    "is_confidential",
                    models.BooleanField(default=False, verbose_name="confidential"),
                ),
                ("confidential_reason", models.CharField(blank=True, max_length=500)),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="sources.document",
                    ),
                ),
                (
                    "snapshot",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="sources.snapshot",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="evidence",
                        to="claims.reviewversion",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "evidence",
                "ordering": ["public_id"],
            },
        ),
        migrations.CreateModel(
            name="Statement",
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
                    "exact",
                    models.TextField(blank=True, help_text="The exact words of the quotation."),
                ),
                (
                    "prefix",
                    models.CharField(
                        blank=True, help_text="A few words before the quotation.", max_length=64
                    ),
                ),
                (
                    "suffix",
                    models.CharField(
                        blank=True, help_text="A few words after the quotation.", max_length=64
                    ),
                ),
                ("start", models.PositiveIntegerField(blank=True, null=True)),
                ("end", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "quotation",
                    models.CharField(
                        choices=[
                            ("direct", "Direct"),
                            ("mixed", "Mixed"),
                            ("indirect", "Indirect"),
                            ("authorial", "Authorial"),
                        ],
                        max_length=9,
                    ),
                ),
                (
                    "attributed_as",
                    models.CharField(
                        blank=True,
                        help_text="The attribution as printed in the document.",
                        max_length=300,
                    ),
                ),
                ("stated_on", models.DateField(blank=True, null=True, verbose_name="stated")),
                (
                    "stated_precision",
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
                    "source_given",
                    models.CharField(
                        choices=[
                            ("unknown", "Not examined"),
                            ("none", "None"),
                            ("named", "Named"),
                            ("linked", "Linked"),
                        ],
                        default="unknown",
                        help_text="Whether the document gives a source for the statement.",
                        max_length=7,
                    ),
                ),
                (
                    "affiliation",
                    models.ForeignKey(
                        blank=True,
                        help_text="The role in which the speaker said it.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statements",
                        to="sources.affiliation",
                        verbose_name="role",
                    ),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statements",
                        to="claims.claim",
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        blank=True,
                        help_text="Where it was said; empty if unknown.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statements",
                        to="sources.document",
                    ),
                ),
                (
                    "snapshot",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="sources.snapshot",
                    ),
                ),
                (
                    "speaker",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty if the document itself makes the statement.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statements",
                        to="sources.speaker",
                    ),
                ),
            ],
            options={
                "ordering": ["public_id"],
            },
        ),
        migrations.CreateModel(
            name="Topic",
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
                ("name", models.CharField(max_length=120, unique=True)),
            ],
            options={
                "ordering": ["public_id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True),
                        name="claims_topic_name_not_blank",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="claim",
            name="topics",
            field=models.ManyToManyField(blank=True, related_name="claims", to="claims.topic"),
        ),
        migrations.CreateModel(
            name="WebhookEndpoint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="The owner of the receiving system.", max_length=200, unique=True
                    ),
                ),
                (
                    "url",
                    models.CharField(
                        help_text="The URL that receives messages, with https://.",
                        max_length=2000,
                        verbose_name="URL",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="switched on")),
                ("secret", models.TextField(editable=False)),
                ("previous_secret", models.TextField(blank=True, editable=False)),
                (
                    "previous_until",
                    claimsapi.core.database.fields.TimestampField(
                        editable=False, null=True, verbose_name="previous secret signs until"
                    ),
                ),
                (
                    "failing_since",
                    claimsapi.core.database.fields.TimestampField(editable=False, null=True),
                ),
                (
                    "paused_until",
                    claimsapi.core.database.fields.TimestampField(editable=False, null=True),
                ),
                (
                    "switched_off_at",
                    claimsapi.core.database.fields.TimestampField(editable=False, null=True),
                ),
                (
                    "delivered_at",
                    claimsapi.core.database.fields.TimestampField(
                        editable=False, null=True, verbose_name="last delivered"
                    ),
                ),
                ("created_at", claimsapi.core.database.fields.TimestampField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "webhook endpoint",
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True),
                        name="claims_webhookendpoint_name_not_blank",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("secret", ""), _negated=True),
                        name="claims_webhookendpoint_has_secret",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("switched_off_at__isnull", True), ("is_active", False), _connector="OR"
                        ),
                        name="claims_webhookendpoint_switched_off",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
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
                (
                    "event",
                    models.CharField(
                        choices=[
                            ("review.published", "Review published"),
                            ("review.corrected", "Review corrected"),
                            ("review.retracted", "Review retracted"),
                            ("webhook.test", "Test"),
                        ],
                        max_length=16,
                    ),
                ),
                ("happened_at", claimsapi.core.database.fields.TimestampField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("delivered", "Delivered"),
                            ("given_up", "Given up"),
                        ],
                        default="waiting",
                        max_length=9,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("queued_at", claimsapi.core.database.fields.TimestampField()),
                ("due_at", claimsapi.core.database.fields.TimestampField(null=True)),
                ("leased_until", claimsapi.core.database.fields.TimestampField(null=True)),
                ("task_id", models.UUIDField(null=True)),
                ("last_attempt_at", claimsapi.core.database.fields.TimestampField(null=True)),
                ("finished_at", claimsapi.core.database.fields.TimestampField(null=True)),
                ("status", models.PositiveSmallIntegerField(null=True, verbose_name="HTTP status")),
                (
                    "fault",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("address", "The host name resolves to a private address"),
                            ("name", "Host name not found"),
                            ("connection", "No connection"),
                            ("certificate", "TLS failed"),
                            ("time", "No response in time"),
                            ("redirect", "Redirected: enter the target URL"),
                            ("status", "Error response"),
                            ("gone", "Endpoint gone (410)"),
                            ("answer", "The response is not HTTP"),
                            ("secret", "The secret cannot be decrypted: create a new one"),
                            ("off", "The endpoint is switched off"),
                            ("not_public", "No longer public"),
                            ("worker", "The worker stopped during the attempt"),
                            ("waited", "Waited too long in the queue"),
                        ],
                        max_length=11,
                    ),
                ),
                (
                    "answer",
                    models.TextField(
                        blank=True,
                        help_text="The beginning of the receiver's response, or the error.",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="claims.reviewversion",
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="claims.webhookendpoint",
                    ),
                ),
            ],
            options={
                "verbose_name": "webhook delivery",
                "verbose_name_plural": "webhook deliveries",
                "ordering": ["-public_id"],
            },
        ),
        migrations.CreateModel(
            name="ApiKeyCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("requests", models.PositiveBigIntegerField(default=0)),
                (
                    "key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="counts",
                        to="claims.apikey",
                    ),
                ),
            ],
            options={
                "ordering": ["-day"],
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("key", "day"), name="claims_apikeycount_one_per_day"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Assignment",
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
                    "priority",
                    models.CharField(
                        choices=[
                            ("urgent", "Urgent"),
                            ("high", "High"),
                            ("normal", "Normal"),
                            ("low", "Low"),
                        ],
                        default="normal",
                        max_length=6,
                        verbose_name="priority",
                    ),
                ),
                (
                    "assignee",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty if the claim is unassigned.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assignments",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="assigned to",
                    ),
                ),
                (
                    "claim",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assignment",
                        to="claims.claim",
                        verbose_name="claim",
                    ),
                ),
            ],
            options={
                "verbose_name": "assignment",
                "verbose_name_plural": "assignments",
                "ordering": ["public_id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("priority__in", ["high", "low", "normal", "urgent"])),
                        name="claims_assignment_priority_valid",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ClaimRelation",
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
                            ("same_as", "Same As"),
                            ("repeats", "Repeats"),
                            ("contradicts", "Contradicts"),
                            ("narrower_than", "Narrower Than"),
                            ("part_of", "Part Of"),
                        ],
                        max_length=13,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("suggested", "Suggested"),
                            ("confirmed", "Confirmed"),
                            ("rejected", "Rejected"),
                        ],
                        default="suggested",
                        max_length=9,
                    ),
                ),
                (
                    "method",
                    models.CharField(
                        blank=True,
                        help_text="The program that suggested the relation, if any.",
                        max_length=100,
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "from_claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="relations_out",
                        to="claims.claim",
                    ),
                ),
                (
                    "to_claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="relations_in",
                        to="claims.claim",
                    ),
                ),
            ],
            options={
                "ordering": ["public_id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                ["contradicts", "narrower_than", "part_of", "repeats", "same_as"],
                            )
                        ),
                        name="claims_claimrelation_kind_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["confirmed", "rejected", "suggested"])),
                        name="claims_claimrelation_state_valid",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("from_claim", models.F("to_claim")), _negated=True),
                        name="claims_claimrelation_distinct_claims",
                    ),
                    models.UniqueConstraint(
                        fields=("from_claim", "to_claim", "kind"), name="claims_claimrelation_once"
                    ),
                    models.UniqueConstraint(
                        django.db.models.functions.comparison.Least("from_claim", "to_claim"),
                        django.db.models.functions.comparison.Greatest("from_claim", "to_claim"),
                        models.F("kind"),
                        condition=models.Q(("kind__in", ("same_as", "contradicts"))),
                        name="claims_claimrelation_once_either_way",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="ratingscale",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True),
                name="claims_ratingscale_name_not_blank",
            ),
        ),
        migrations.AddConstraint(
            model_name="ratingscale",
            constraint=models.CheckConstraint(
                condition=models.Q(("origin__in", ["imported", "own"])),
                name="claims_ratingscale_origin_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="ratingscale",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("origin", "own"), ("publisher__isnull", False), _connector="OR"
                ),
                name="claims_ratingscale_imported_has_publisher",
            ),
        ),
        migrations.AddConstraint(
            model_name="ratingscale",
            constraint=models.UniqueConstraint(
                condition=models.Q(("origin", "imported")),
                fields=("publisher",),
                name="claims_ratingscale_one_imported",
            ),
        ),
        migrations.AddConstraint(
            model_name="ratingscale",
            constraint=models.UniqueConstraint(
                fields=("slug", "version"), name="claims_ratingscale_one_of_each_version"
            ),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.CheckConstraint(
                condition=models.Q(("label", ""), _negated=True),
                name="claims_rating_label_not_blank",
            ),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "verdict__in",
                        [
                            "false",
                            "misleading",
                            "missing_context",
                            "mixed",
                            "mostly_false",
                            "mostly_true",
                            "not_checkable",
                            "outdated",
                            "satire",
                            "true",
                            "unmapped",
                            "unproven",
                        ],
                    )
                ),
                name="claims_rating_verdict_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.UniqueConstraint(
                fields=("scale", "label"), name="claims_rating_label_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.UniqueConstraint(
                fields=("scale", "position"), name="claims_rating_in_order"
            ),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(
                models.F("publisher"),
                models.F("identifier"),
                condition=models.Q(("origin", "imported")),
                name="claims_review_imported",
            ),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(
                models.F("publisher"),
                claimsapi.core.database.functions.WithoutFragment(models.F("identifier")),
                condition=models.Q(("origin", "imported")),
                name="claims_review_page",
            ),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(
                models.F("created_at"), models.F("public_id"), name="claims_review_created"
            ),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(
                models.F("updated_at"), models.F("public_id"), name="claims_review_updated"
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(("origin__in", ["imported", "own"])),
                name="claims_review_origin_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.UniqueConstraint(
                condition=models.Q(("origin", "own")),
                fields=("claim", "publisher"),
                name="claims_review_one_own_review",
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(("identifier", ""), ("origin", "imported"), _connector="OR"),
                name="claims_review_own_has_no_identifier",
            ),
        ),
        migrations.AddIndex(
            model_name="reviewversion",
            index=models.Index(
                models.F("published_at"), models.F("public_id"), name="claims_version_published"
            ),
        ),
        migrations.AddIndex(
            model_name="reviewversion",
            index=models.Index(
                models.F("published_at"),
                models.F("public_id"),
                condition=models.Q(("state", "published")),
                name="claims_version_standing",
            ),
        ),
        migrations.AddIndex(
            model_name="reviewversion",
            index=models.Index(
                models.F("published_at"),
                models.F("public_id"),
                condition=models.Q(("number__gte", 2)),
                name="claims_version_corrects",
            ),
        ),
        migrations.AddIndex(
            model_name="reviewversion",
            index=models.Index(
                models.F("closed_at"),
                condition=models.Q(("state", "retracted")),
                name="claims_version_retracted",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["draft", "published", "retracted", "submitted", "superseded"])
                ),
                name="claims_reviewversion_state_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewversion",
            constraint=models.UniqueConstraint(
                fields=("review", "number"), name="claims_reviewversion_numbered_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("draft", "submitted"))),
                fields=("review",),
                name="claims_reviewversion_one_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "published")),
                fields=("review",),
                name="claims_reviewversion_one_published",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("editor__isnull", True),
                    models.Q(("editor", models.F("author")), _negated=True),
                    _connector="OR",
                ),
                name="claims_reviewversion_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("editor__isnull", True),
                        ("published_at__isnull", True),
                        ("state__in", ("draft", "submitted")),
                    ),
                    models.Q(
                        models.Q(("summary", ""), _negated=True),
                        ("editor__isnull", False),
                        ("markup", ""),
                        ("published_at__isnull", False),
                        ("rating__isnull", False),
                        ("state__in", ("published", "superseded", "retracted")),
                    ),
                    models.Q(
                        models.Q(("markup", ""), _negated=True),
                        ("published_at__isnull", False),
                        ("rating__isnull", False),
                        ("state__in", ("published", "superseded", "retracted")),
                    ),
                    _connector="OR",
                ),
                name="claims_reviewversion_published_complete",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state", "draft"), ("submitted_at__isnull", False), _connector="OR"
                ),
                name="claims_reviewversion_submitted_has_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("closed_at__isnull", False), ("state__in", ("superseded", "retracted"))
                    ),
                    models.Q(
                        ("closed_at__isnull", True),
                        ("state__in", ("draft", "submitted", "published")),
                    ),
                    _connector="OR",
                ),
                name="claims_reviewversion_closed_has_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "correction_kind__in",
                        ["", "correction", "clarification", "update", "retraction"],
                    )
                ),
                name="claims_reviewversion_correction_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("correction_kind", ""), ("correction_note", ""), ("number", 1)),
                    models.Q(("number__gte", 2), ("state", "draft")),
                    models.Q(
                        models.Q(("correction_kind", ""), _negated=True),
                        models.Q(("correction_note", ""), _negated=True),
                        ("number__gte", 2),
                    ),
                    _connector="OR",
                ),
                name="claims_reviewversion_correction_from_second",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        models.Q(("retraction_note", ""), _negated=True), ("state", "retracted")
                    ),
                    models.Q(
                        models.Q(("state", "retracted"), _negated=True), ("retraction_note", "")
                    ),
                    _connector="OR",
                ),
                name="claims_reviewversion_retraction_has_note",
            ),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("stance__in", ["context", "insufficient", "refutes", "supports"])
                ),
                name="claims_evidence_stance_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("end__isnull", True), ("start__isnull", True)),
                    models.Q(
                        ("end__gt", models.F("start")),
                        ("end__isnull", False),
                        ("snapshot__isnull", False),
                        ("start__gte", 0),
                        ("start__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="claims_evidence_passage_in_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("confidential_reason", ""), ("is_confidential", False)),
                    models.Q(
                        models.Q(("confidential_reason", ""), _negated=True),
                        ("is_confidential", True),
                    ),
                    _connector="OR",
                ),
                name="claims_evidence_confidential_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="statement",
            constraint=models.CheckConstraint(
                condition=models.Q(("quotation__in", ["authorial", "direct", "indirect", "mixed"])),
                name="claims_statement_quotation_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="statement",
            constraint=models.CheckConstraint(
                condition=models.Q(("source_given__in", ["linked", "named", "none", "unknown"])),
                name="claims_statement_source_given_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="statement",
            constraint=models.CheckConstraint(
                condition=models.Q(("stated_precision__in", ["day", "month", "unknown", "year"])),
                name="claims_statement_stated_precision_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="statement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("stated_on__isnull", True), ("stated_precision", "unknown")),
                    models.Q(("stated_on__isnull", False), ("stated_precision", "day")),
                    models.Q(
                        ("stated_on__isnull", False),
                        ("stated_on__day", 1),
                        ("stated_precision", "month"),
                    ),
                    models.Q(
                        ("stated_on__isnull", False),
                        ("stated_on__day", 1),
                        ("stated_on__month", 1),
                        ("stated_precision", "year"),
                    ),
                    _connector="OR",
                ),
                name="claims_statement_stated_precision_fits",
            ),
        ),
        migrations.AddConstraint(
            model_name="statement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("end__isnull", True), ("start__isnull", True)),
                    models.Q(
                        ("end__gt", models.F("start")),
                        ("end__isnull", False),
                        ("snapshot__isnull", False),
                        ("start__gte", 0),
                        ("start__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="claims_statement_passage_in_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="statement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("quotation", "authorial"), ("speaker__isnull", True)),
                    models.Q(
                        models.Q(("speaker__isnull", False)),
                        models.Q(("quotation", "authorial"), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="claims_statement_authorial_has_no_speaker",
            ),
        ),
        migrations.AddConstraint(
            model_name="statement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("speaker__isnull", False), ("document__isnull", False), _connector="OR"
                ),
                name="claims_statement_speaker_or_document",
            ),
        ),
        migrations.AddConstraint(
            model_name="statement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("snapshot__isnull", True), ("document__isnull", False), _connector="OR"
                ),
                name="claims_statement_snapshot_of_document",
            ),
        ),
        migrations.AddConstraint(
            model_name="statement",
            constraint=models.UniqueConstraint(
                fields=("claim", "snapshot", "start", "end"),
                name="claims_statement_once_per_passage",
            ),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(
                models.F("created_at"), models.F("public_id"), name="claims_claim_created"
            ),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(
                models.F("updated_at"), models.F("public_id"), name="claims_claim_updated"
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(("text", ""), _negated=True), name="claims_claim_text_not_blank"
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "",
                            "causal",
                            "comparison",
                            "event",
                            "position",
                            "prediction",
                            "statistic",
                        ],
                    )
                ),
                name="claims_claim_kind_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("checkability__in", ["checkable", "not_checkable", "not_yet", "partly"])
                ),
                name="claims_claim_checkability_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        ["in_review", "not_checkable", "rejected", "reviewed", "unreviewed"],
                    )
                ),
                name="claims_claim_status_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decidable_precision__in", ["day", "month", "unknown", "year"])
                ),
                name="claims_claim_decidable_precision_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decidable_on__isnull", True), ("decidable_precision", "unknown")),
                    models.Q(("decidable_on__isnull", False), ("decidable_precision", "day")),
                    models.Q(
                        ("decidable_on__isnull", False),
                        ("decidable_on__day", 1),
                        ("decidable_precision", "month"),
                    ),
                    models.Q(
                        ("decidable_on__isnull", False),
                        ("decidable_on__day", 1),
                        ("decidable_on__month", 1),
                        ("decidable_precision", "year"),
                    ),
                    _connector="OR",
                ),
                name="claims_claim_decidable_precision_fits",
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ("not_checkable", "rejected")), _negated=True),
                    models.Q(("status_reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="claims_claim_decision_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "rejected"), _negated=True),
                    ("listed_at__isnull", True),
                    _connector="OR",
                ),
                name="claims_claim_rejected_not_listed",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                models.F("due_at"),
                condition=models.Q(("state", "waiting")),
                name="claims_webhookdelivery_due",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(models.F("finished_at"), name="claims_webhookdelivery_ended"),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "event__in",
                        [
                            "review.corrected",
                            "review.published",
                            "review.retracted",
                            "webhook.test",
                        ],
                    )
                ),
                name="claims_webhookdelivery_event_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["delivered", "given_up", "waiting"])),
                name="claims_webhookdelivery_state_valid",
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
                name="claims_webhookdelivery_fault_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("due_at__isnull", False),
                        ("finished_at__isnull", True),
                        ("state", "waiting"),
                    ),
                    models.Q(
                        models.Q(("state", "waiting"), _negated=True),
                        ("due_at__isnull", True),
                        ("finished_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="claims_webhookdelivery_waits_or_ended",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("event", "webhook.test"), ("version__isnull", True)),
                    models.Q(
                        models.Q(("event", "webhook.test"), _negated=True),
                        ("version__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="claims_webhookdelivery_about_a_version",
            ),
        ),
        # The search text is in a form of its own on each database.
        migrations.RunPython(create_full_text, drop_full_text),
    ]
