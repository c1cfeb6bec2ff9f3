"""The addresses of the ledger."""

from django.urls import path

from claimsapi.core.ledger import views

urlpatterns = [
    path("ledger/", views.Ledger.as_view()),
    path("ledger/checkpoint", views.LatestCheckpoint.as_view()),
    path("ledger/entries", views.Entries.as_view()),
    path("ledger/proof/inclusion", views.InclusionProof.as_view()),
    path("ledger/proof/consistency", views.ConsistencyProof.as_view()),
    path("changes/", views.Changes.as_view()),
]
