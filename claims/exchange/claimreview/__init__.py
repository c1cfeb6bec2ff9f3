"""ClaimReview, the markup of schema.org for fact checks: read as it is found, written as agreed.

``finding`` takes objects out of files, ``normalising`` gives one its agreed form, ``reading`` says
what it means to us, ``writing`` makes one of a review. All are pure: none knows the database, but
``writing`` is handed records.
"""
