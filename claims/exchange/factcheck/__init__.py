"""The Fact Check Tools API, v1alpha1, over the published reviews, as Google's clients ask for it.

What is served is read from the discovery document, revision 20240929.
"""
