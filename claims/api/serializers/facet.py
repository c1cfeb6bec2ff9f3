"""Serializers of facets."""

from rest_framework import serializers


class WordCountSerializer(serializers.Serializer):
    """A value and its number of claims."""

    value = serializers.CharField()
    count = serializers.IntegerField()


class YearCountSerializer(serializers.Serializer):
    """A year (UTC) and the number of claims whose newest review was published in it."""

    value = serializers.IntegerField()
    count = serializers.IntegerField()


class RecordCountSerializer(serializers.Serializer):
    """A record and its number of claims."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    count = serializers.IntegerField()


class FacetSerializer(serializers.Serializer):
    """The values of a facet, the most frequent first."""

    exact = serializers.BooleanField(
        help_text="True if all claims were counted, false if only the newest were."
    )


class WordFacetSerializer(FacetSerializer):
    """A facet whose values are words."""

    values = WordCountSerializer(many=True)


class YearFacetSerializer(FacetSerializer):
    """A facet whose values are years."""

    values = YearCountSerializer(many=True)


class RecordFacetSerializer(FacetSerializer):
    """A facet whose values are records."""

    values = RecordCountSerializer(many=True)


class ClaimFacetsSerializer(serializers.Serializer):
    """The number of claims for each value. A facet ignores its own filters."""

    verdict = WordFacetSerializer()
    topic = RecordFacetSerializer()
    speaker = RecordFacetSerializer()
    publisher = RecordFacetSerializer()
    language = WordFacetSerializer()
    year = YearFacetSerializer()
