"""Serializers of the desk's statistics."""

from rest_framework import serializers

from claims.api.serializers.facet import RecordCountSerializer, WordCountSerializer

_CLAIMS = "Number of counted claims."


class VerdictsOfSpeakerSerializer(RecordCountSerializer):
    """A speaker and the verdicts on the claims. `count` and `claims` are the same number."""

    claims = serializers.IntegerField(help_text=_CLAIMS)
    verdicts = WordCountSerializer(many=True)


class VerdictsOfMonthSerializer(serializers.Serializer):
    """A month (UTC) and the verdicts that were published in it and are still current."""

    month = serializers.RegexField("^[0-9]{4}-[0-9]{2}$", help_text="`YYYY-MM`.")
    verdicts = WordCountSerializer(many=True)


class VerdictStatisticsSerializer(serializers.Serializer):
    """Verdicts in total, by speaker, and by month of publication."""

    claims = serializers.IntegerField(help_text=_CLAIMS)
    by_verdict = WordCountSerializer(many=True)
    by_speaker = VerdictsOfSpeakerSerializer(many=True, help_text="The 20 with the most claims.")
    by_month = VerdictsOfMonthSerializer(
        many=True, help_text="Includes months without claims, unless the series would be too long."
    )


class DurationsOfMonthSerializer(serializers.Serializer):
    """A month (UTC) and the durations of the claims first published in it."""

    month = serializers.RegexField("^[0-9]{4}-[0-9]{2}$", help_text="`YYYY-MM`.")
    claims = serializers.IntegerField(help_text=_CLAIMS)
    median_days = serializers.FloatField(allow_null=True)


class DurationStatisticsSerializer(serializers.Serializer):
    """Days from a claim's creation to its first publication; null without claims."""

    claims = serializers.IntegerField(help_text=_CLAIMS)
    lower_quartile_days = serializers.FloatField(allow_null=True)
    median_days = serializers.FloatField(allow_null=True)
    upper_quartile_days = serializers.FloatField(allow_null=True)
    by_month = DurationsOfMonthSerializer(many=True, help_text="Includes periods without any.")


class AgeSerializer(serializers.Serializer):
    """An age band and its open claims by status."""

    age = serializers.ChoiceField(
        choices=["under_1_day", "under_7_days", "under_30_days", "30_days_and_more"]
    )
    # One field for each status in UNDECIDED_STATUSES.
    unreviewed = serializers.IntegerField()
    in_review = serializers.IntegerField()


class QueueStatisticsSerializer(serializers.Serializer):
    """Claims without a decision, by age."""

    claims = serializers.IntegerField(help_text=_CLAIMS)
    oldest = serializers.DateTimeField(allow_null=True, help_text="Creation of the oldest claim.")
    by_age = AgeSerializer(many=True)


class ReturnStatisticsSerializer(serializers.Serializer):
    """Submitted versions, and those returned at least once. Staff only; null for others."""

    submitted = serializers.IntegerField(allow_null=True)
    returned = serializers.IntegerField(allow_null=True)


class CorrectionsOfYearSerializer(serializers.Serializer):
    """A year (UTC) and the corrections published in it."""

    year = serializers.IntegerField()
    count = serializers.IntegerField()


class CorrectionStatisticsSerializer(serializers.Serializer):
    """Corrections of published reviews."""

    reviews = serializers.IntegerField(help_text="Number of published reviews.")
    corrected = serializers.IntegerField(help_text="Number of reviews corrected at least once.")
    corrections = serializers.IntegerField()
    by_kind = WordCountSerializer(many=True)
    by_year = CorrectionsOfYearSerializer(many=True, help_text="Includes periods without any.")


class BalanceStatisticsSerializer(serializers.Serializer):
    """Checked claims, which have a published verdict, by speaker, organization and topic.

    A claim with two speakers counts for each. `claims` is the total of the other counts.
    """

    claims = serializers.IntegerField(help_text=_CLAIMS)
    found = serializers.IntegerField(
        help_text="Number of matching claims, with or without a verdict."
    )
    by_verdict = WordCountSerializer(many=True)
    by_speaker = RecordCountSerializer(many=True, help_text="The 20 with the most claims.")
    by_organization = WordCountSerializer(many=True, help_text="The 20 with the most claims.")
    by_topic = RecordCountSerializer(many=True, help_text="The 20 with the most claims.")
    without_speaker = serializers.IntegerField()
    without_topic = serializers.IntegerField()
