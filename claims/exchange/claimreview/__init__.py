"""ClaimReview, the schema.org markup for fact checks.

``extractor`` reads objects from files, ``normalizer`` gives an object its normalized form,
``parser`` turns that form into a ``ParsedReview``, and ``serializer`` writes the markup of a
review. All modules are pure: they do not query the database. The serializer gets loaded records.
"""
