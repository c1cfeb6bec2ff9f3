import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import claimsapi.core.database.fields
import claimsapi.core.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="Appearance",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=50)),
                ("object", models.UUIDField()),
                ("visible", models.BooleanField()),
            ],
            options={
                "ordering": ["id"],
                "default_permissions": [],
            },
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=50)),
                ("object", models.UUIDField()),
                ("part_of", models.UUIDField(blank=True, null=True)),
                ("part_of_too", models.UUIDField(blank=True, null=True)),
                ("action", models.CharField(max_length=30)),
                ("actor", models.CharField(max_length=150)),
                ("at", models.DateTimeField()),
                ("reason", models.TextField(blank=True)),
                ("salt", models.CharField(blank=True, max_length=32)),
                ("state", models.TextField(blank=True, null=True)),
                ("erased", models.BooleanField(db_default=False)),
            ],
            options={
                "verbose_name_plural": "entries",
                "ordering": ["id"],
                "default_permissions": ["view"],
            },
        ),
        migrations.CreateModel(
            name="Leaf",
            fields=[
                ("sequence", models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                ("content_hash", models.BinaryField(max_length=32)),
                ("nodes", models.BinaryField()),
                ("settled", models.BooleanField()),
            ],
            options={
                "verbose_name_plural": "leaves",
                "ordering": ["sequence"],
                "default_permissions": [],
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "first_name",
                    models.CharField(blank=True, max_length=150, verbose_name="first name"),
                ),
                (
                    "last_name",
                    models.CharField(blank=True, max_length=150, verbose_name="last name"),
                ),
                (
                    "email",
                    models.EmailField(blank=True, max_length=254, verbose_name="email address"),
                ),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False,
                        help_text="Designates whether the user can log into this admin site.",
                        verbose_name="staff status",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                        verbose_name="active",
                    ),
                ),
                (
                    "handle",
                    models.SlugField(help_text="The public name of this person.", unique=True),
                ),
                (
                    "username",
                    models.CharField(
                        error_messages={"unique": "An account with that login exists."},
                        max_length=150,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[\\w.+-][\\w.@+-]*\\Z", "Letters, digits and . + - _ @ only."
                            )
                        ],
                        verbose_name="login",
                    ),
                ),
                (
                    "last_login",
                    claimsapi.core.database.fields.TimestampField(blank=True, null=True),
                ),
                (
                    "date_joined",
                    claimsapi.core.database.fields.TimestampField(
                        default=django.utils.timezone.now
                    ),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "user",
                "verbose_name_plural": "users",
                "abstract": False,
            },
            managers=[
                ("objects", claimsapi.core.models.HandleUserManager()),
            ],
        ),
        migrations.CreateModel(
            name="Pending",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="core.entry",
                    ),
                ),
            ],
            options={
                "default_permissions": [],
            },
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(models.F("object"), models.F("id"), name="core_entry_object"),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("part_of", None), _negated=True),
                fields=["part_of"],
                name="core_entry_part_of",
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("part_of_too", None), _negated=True),
                fields=["part_of_too"],
                name="core_entry_part_of_2",
            ),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__isnull", False),
                    ("action", "delete"),
                    ("erased", True),
                    _connector="OR",
                ),
                name="core_entry_has_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("erased", True), models.Q(("salt", ""), _negated=True), _connector="OR"
                ),
                name="core_entry_has_salt",
            ),
        ),
        migrations.AddField(
            model_name="leaf",
            name="entry",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="leaf", to="core.entry"
            ),
        ),
        migrations.AddField(
            model_name="appearance",
            name="leaf",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="appearances",
                to="core.leaf",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("username__startswith", "@"), _negated=True),
                name="core_user_username_without_at",
            ),
        ),
        migrations.AddIndex(
            model_name="appearance",
            index=models.Index(models.F("object"), models.F("id"), name="core_appearance_object"),
        ),
    ]
