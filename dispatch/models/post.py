"""What drivers post from the road, kept so that a repeated post gets its first answer again."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dispatch.models.fleet import Driver
from dispatch.models.plan import Route, RouteStop
from luckygas.core import clock


class PostKind(models.TextChoices):
    ARRIVE = "arrive", _("Arrival")
    DELIVER = "deliver", _("Delivery")
    FAIL = "fail", _("Failed delivery")
    MILEAGE = "mileage", _("Mileage")


class DriverPost(models.Model):
    """One post under the UUID its sender made. `digest` tells whether a repetition says the same."""

    uuid = models.UUIDField(_("UUID"), unique=True)
    kind = models.CharField(_("kind"), max_length=7, choices=PostKind.choices)
    driver = models.ForeignKey(
        Driver,
        verbose_name=_("driver"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="posts",
    )
    stop = models.ForeignKey(
        RouteStop,
        verbose_name=_("stop"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="posts",
    )
    route = models.ForeignKey(
        Route,
        verbose_name=_("route"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="posts",
    )
    digest = models.CharField(_("digest"), max_length=64)
    payload = models.JSONField(_("what was posted"), default=dict)
    occurred_at = models.DateTimeField(_("happened"))
    received_at = models.DateTimeField(_("received"), default=clock.now)
    outcome = models.CharField(_("outcome"), max_length=10)
    message = models.CharField(_("answer"), max_length=300)

    class Meta:
        verbose_name = _("driver's post")
        verbose_name_plural = _("drivers' posts")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=PostKind.values), name="dispatch_post_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.uuid}"


class ReviewItem(models.Model):
    """A post that came too late to take effect by itself; a person decides."""

    class Cause(models.TextChoices):
        MOVED = "moved", _("The stop had moved to another route")
        DONE = "done", _("The stop was finished already")
        ORDER = "order", _("The order had changed meanwhile")

    post = models.OneToOneField(
        DriverPost, verbose_name=_("post"), on_delete=models.PROTECT, related_name="review"
    )
    stop = models.ForeignKey(
        RouteStop, verbose_name=_("stop"), on_delete=models.PROTECT, related_name="reviews"
    )
    cause = models.CharField(_("cause"), max_length=5, choices=Cause.choices)
    message = models.CharField(_("what the driver was told"), max_length=300)
    created_at = models.DateTimeField(_("created"), default=clock.now)
    resolved_at = models.DateTimeField(_("settled"), null=True, blank=True)
    resolved_by = models.CharField(_("settled by"), max_length=150, blank=True)
    resolution = models.CharField(_("how it was settled"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("post to review")
        verbose_name_plural = _("posts to review")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(resolved_at__isnull=True) | ~Q(resolution=""),
                name="dispatch_review_settled_with_words",
            ),
            models.CheckConstraint(
                condition=Q(cause__in=["moved", "done", "order"]), name="dispatch_review_cause"
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(resolved_at__isnull=True), name="dispatch_review_open"),
        ]

    def __str__(self) -> str:
        return str(self.stop)


class Signature(models.Model):
    """The customer's signature as a small PNG."""

    stop = models.OneToOneField(
        RouteStop,
        verbose_name=_("stop"),
        on_delete=models.CASCADE,
        related_name="signature",
        primary_key=True,
    )
    png = models.BinaryField(_("picture"))

    class Meta:
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")

    def __str__(self) -> str:
        return str(self.stop)
