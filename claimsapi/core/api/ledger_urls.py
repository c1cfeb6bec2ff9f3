"""URLs of the ledger."""

from django.urls import path

from claimsapi.core.api import ledger_views

urlpatterns = [
    path("ledger/", ledger_views.Ledger.as_view()),
    path("ledger/checkpoint", ledger_views.LatestCheckpoint.as_view()),
    path("ledger/entries", ledger_views.Entries.as_view()),
    path("ledger/proof/inclusion", ledger_views.InclusionProof.as_view()),
    path("ledger/proof/consistency", ledger_views.ConsistencyProof.as_view()),
    path("changes/", ledger_views.Changes.as_view()),
]
