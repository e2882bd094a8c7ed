"""The Django REST framework peer: serializers, the ORM, and an insert and nothing else, on the tables of FastAPI's."""

from __future__ import annotations

import os
import uuid

import django
from django.conf import settings
from sqlalchemy import make_url

_URL = make_url(os.environ["PEER_DATABASE_URL"])
settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": _URL.database,
            "USER": _URL.username,
            "HOST": _URL.host or _URL.query["host"],
            "PORT": _URL.port or "",
            "CONN_MAX_AGE": None,
        }
    },
    INSTALLED_APPS=["rest_framework"],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],  # sets Content-Length
    REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": [], "UNAUTHENTICATED_USER": None},
    ROOT_URLCONF=__name__,
    USE_TZ=True,
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import models, transaction  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import serializers  # noqa: E402
from rest_framework.decorators import api_view  # noqa: E402
from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402


class Claim(models.Model):
    """A claim."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    text = models.TextField()
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """The table."""

        app_label, db_table, managed = "peer", "claim", False


class Report(models.Model):
    """A report of an outlet on a claim."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    claim = models.ForeignKey(Claim, models.PROTECT)
    outlet = models.TextField()
    published_at = models.DateTimeField()

    class Meta:
        """The table."""

        app_label, db_table, managed = "peer", "report", False


class Resolution(models.Model):
    """A resolution of a claim."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    claim = models.ForeignKey(Claim, models.PROTECT)
    verdict = models.TextField()
    note = models.TextField()

    class Meta:
        """The table."""

        app_label, db_table, managed = "peer", "resolution", False


class OutletIn(serializers.Serializer):
    """An outlet as a client names it."""

    name = serializers.CharField()


class ReportIn(serializers.Serializer):
    """A report as a client sends it."""

    outlet = OutletIn()
    published_at = serializers.DateTimeField()


class ClaimIn(serializers.Serializer):
    """A claim as a client sends it."""

    text = serializers.CharField()
    reports = ReportIn(many=True)


class ResolutionIn(serializers.Serializer):
    """A resolution as a client sends it."""

    verdict = serializers.CharField()
    note = serializers.CharField()


@api_view(["POST"])
def record_claim(request: Request) -> Response:
    """Insert a claim with its reports."""
    sent = ClaimIn(data=request.data)
    sent.is_valid(raise_exception=True)
    with transaction.atomic():
        claim = Claim.objects.create(text=sent.validated_data["text"])
        Report.objects.bulk_create(
            Report(claim=claim, outlet=each["outlet"]["name"], published_at=each["published_at"])
            for each in sent.validated_data["reports"]
        )
    return Response({"id": claim.id}, status=201)


@api_view(["POST"])
def resolve_claim(request: Request, claim_id: uuid.UUID) -> Response:
    """Insert a resolution."""
    sent = ResolutionIn(data=request.data)
    sent.is_valid(raise_exception=True)
    row = Resolution.objects.create(claim_id=claim_id, **sent.validated_data)
    return Response({"id": row.id}, status=201)


urlpatterns = [path("v1/claims", record_claim), path("v1/claims/<uuid:claim_id>/resolutions", resolve_claim)]
app = get_wsgi_application()
