"""The desk's figures in the API."""

from rest_framework import serializers

from claims.api.serializers.facet import RecordCountSerializer, WordCountSerializer

_CLAIMS = "How many claims were counted."


class VerdictsOfSpeakerSerializer(RecordCountSerializer):
    """A speaker, and what was found of the claims; `count` and `claims` are the same number."""

    claims = serializers.IntegerField(help_text=_CLAIMS)
    verdicts = WordCountSerializer(many=True)


class VerdictsOfMonthSerializer(serializers.Serializer):
    """A month in UTC, and what was published in it and stands."""

    month = serializers.RegexField("^[0-9]{4}-[0-9]{2}$", help_text="`YYYY-MM`.")
    verdicts = WordCountSerializer(many=True)


class VerdictStatisticsSerializer(serializers.Serializer):
    """What was found: by verdict, by speaker, by the month of publication."""

    claims = serializers.IntegerField(help_text=_CLAIMS)
    by_verdict = WordCountSerializer(many=True)
    by_speaker = VerdictsOfSpeakerSerializer(many=True, help_text="The 20 with the most claims.")
    by_month = VerdictsOfMonthSerializer(many=True, help_text="Without a gap, but for one of ages.")


class DurationsOfMonthSerializer(serializers.Serializer):
    """A month in UTC, and how long the claims took that were first published in it."""

    month = serializers.RegexField("^[0-9]{4}-[0-9]{2}$", help_text="`YYYY-MM`.")
    claims = serializers.IntegerField(help_text=_CLAIMS)
    median_days = serializers.FloatField(allow_null=True)


class DurationStatisticsSerializer(serializers.Serializer):
    """The days from a claim's first record to its first publication; null if there is none."""

    claims = serializers.IntegerField(help_text=_CLAIMS)
    lower_quartile_days = serializers.FloatField(allow_null=True)
    median_days = serializers.FloatField(allow_null=True)
    upper_quartile_days = serializers.FloatField(allow_null=True)
    by_month = DurationsOfMonthSerializer(many=True, help_text="Without a gap.")


class AgeSerializer(serializers.Serializer):
    """A band of ages, and how many open claims are in it, by status."""

    age = serializers.ChoiceField(
        choices=["under_1_day", "under_7_days", "under_30_days", "30_days_and_more"]
    )
    unreviewed = serializers.IntegerField()
    in_review = serializers.IntegerField()


class QueueStatisticsSerializer(serializers.Serializer):
    """Claims that nobody has decided on, by how long ago they were recorded."""

    claims = serializers.IntegerField(help_text=_CLAIMS)
    oldest = serializers.DateTimeField(allow_null=True, help_text="When the oldest was recorded.")
    by_age = AgeSerializer(many=True)


class ReturnStatisticsSerializer(serializers.Serializer):
    """Versions that were submitted, and those returned at least once; null but for staff."""

    submitted = serializers.IntegerField(allow_null=True)
    returned = serializers.IntegerField(allow_null=True)


class CorrectionsOfYearSerializer(serializers.Serializer):
    """A year in UTC, and how many corrections were published in it."""

    year = serializers.IntegerField()
    count = serializers.IntegerField()


class CorrectionStatisticsSerializer(serializers.Serializer):
    """Corrections of published reviews."""

    reviews = serializers.IntegerField(help_text="How many reviews were published.")
    corrected = serializers.IntegerField(help_text="How many of them were, at least once.")
    corrections = serializers.IntegerField()
    by_kind = WordCountSerializer(many=True)
    by_year = CorrectionsOfYearSerializer(many=True, help_text="Without a gap.")


class BalanceStatisticsSerializer(serializers.Serializer):
    """What was checked: the claims with a standing verdict, by whose they are and what about.

    A claim with two speakers counts for each. `claims` is the whole of which each count is a part.
    """

    claims = serializers.IntegerField(help_text=_CLAIMS)
    found = serializers.IntegerField(help_text="Claims found, with a verdict or without.")
    by_verdict = WordCountSerializer(many=True)
    by_speaker = RecordCountSerializer(many=True, help_text="The 20 with the most claims.")
    by_organization = WordCountSerializer(many=True, help_text="The 20 with the most claims.")
    by_topic = RecordCountSerializer(many=True, help_text="The 20 with the most claims.")
    without_speaker = serializers.IntegerField()
    without_topic = serializers.IntegerField()
