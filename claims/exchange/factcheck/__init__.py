"""Google's Fact Check Tools API, v1alpha1, over the published reviews.

The endpoints follow Google's discovery document, revision 20240929, so that Google's clients work
unmodified. Names such as ``claimReviewMarkups`` belong to that contract.
"""
