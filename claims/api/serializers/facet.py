"""Facets in the API."""

from rest_framework import serializers


class WordCountSerializer(serializers.Serializer):
    """A word, and how many of the claims have it."""

    value = serializers.CharField()
    count = serializers.IntegerField()


class YearCountSerializer(serializers.Serializer):
    """A year in UTC, and in how many of the claims' cases the newest review is of it."""

    value = serializers.IntegerField()
    count = serializers.IntegerField()


class RecordCountSerializer(serializers.Serializer):
    """A record, and how many of the claims have it."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    count = serializers.IntegerField()


class FacetSerializer(serializers.Serializer):
    """A facet's values, the most frequent first."""

    exact = serializers.BooleanField(
        help_text="Whether all claims were counted, or only the newest of them."
    )


class WordFacetSerializer(FacetSerializer):
    """A facet of words."""

    values = WordCountSerializer(many=True)


class YearFacetSerializer(FacetSerializer):
    """A facet of years."""

    values = YearCountSerializer(many=True)


class RecordFacetSerializer(FacetSerializer):
    """A facet of records."""

    values = RecordCountSerializer(many=True)


class ClaimFacetsSerializer(serializers.Serializer):
    """What else could be chosen: how many claims have each value, each facet's own filter aside."""

    verdict = WordFacetSerializer()
    topic = RecordFacetSerializer()
    speaker = RecordFacetSerializer()
    publisher = RecordFacetSerializer()
    language = WordFacetSerializer()
    year = YearFacetSerializer()
