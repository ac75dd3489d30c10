from decimal import Decimal
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agents.addresses import ForbiddenAddress, check_written
from agents.models.fields import EncryptedTextField


def validate_base_url(value: str) -> None:
    """http or https and a host; names without a dot are hosts of a private network."""
    try:
        parts = urlsplit(value)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:  # brackets that do not close
        is_address = False
    if not is_address:
        raise ValidationError(_("Enter an address such as https://api.example.org/v1."))
    if parts.username or parts.password:
        raise ValidationError(_("Leave the key out of the address: it has a field of its own."))
    try:
        check_written(value)
    except ForbiddenAddress as rule:
        raise ValidationError(str(rule)) from rule


class Circuit(models.TextChoices):
    """Whether calls go to a provider: see `agents.breaker`."""

    CLOSED = "closed", _("In use")
    OPEN = "open", _("Left alone")
    TRYING = "trying", _("To be tried")


class Provider(models.Model):
    """An OpenAI-compatible endpoint."""

    slug = models.SlugField(_("short name"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    base_url = models.CharField(
        _("base URL"),
        max_length=200,
        validators=[validate_base_url],
        help_text=_("Ends in /v1 for most providers."),
    )
    api_key = EncryptedTextField(_("API key"), blank=True)
    # How many calls at once; a local model decodes only so many streams.
    concurrency = models.PositiveSmallIntegerField(
        _("calls at once"), default=64, validators=[MinValueValidator(1), MaxValueValidator(1000)]
    )
    requests_per_minute = models.PositiveIntegerField(
        _("calls a minute"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_(
            "As your account with the provider allows: all workers together ask no more often, "
            "and wait for their turn. Empty: no limit."
        ),
    )
    tokens_per_minute = models.PositiveIntegerField(
        _("tokens a minute"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_(
            "A call counts with its prompt and the longest answer it allows. Empty: no limit."
        ),
    )
    # The circuit breaker: see `agents.breaker`.
    failures_in_a_row = models.PositiveSmallIntegerField(default=0, editable=False)
    open_since = models.DateTimeField(_("failing since"), null=True, editable=False)
    open_until = models.DateTimeField(null=True, editable=False)
    last_problem = models.TextField(_("last problem"), blank=True, editable=False)
    # The bundled model writes well for its size, but is a poor editor: the interface says so.
    is_bundled = models.BooleanField(_("bundled with Scriptorium"), default=False, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("provider")
        verbose_name_plural = _("providers")

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name for people to read: one that `seed` gave is translated."""
        return gettext(self.name)

    @property
    def circuit(self) -> Circuit:
        if self.open_until is None:
            return Circuit.CLOSED
        return Circuit.OPEN if self.open_until > timezone.now() else Circuit.TRYING

    @property
    def trouble(self) -> str:
        """Why steps wait for it; empty while it is in use."""
        if self.open_since is None:
            return ""
        since = date_format(timezone.localtime(self.open_since), "SHORT_DATETIME_FORMAT")
        return gettext(
            "%(provider)s has been failing since %(since)s. It is tried again every few "
            "seconds, and work goes on as soon as it answers. %(problem)s"
        ) % {"provider": self.label, "since": since, "problem": self.last_problem}


class PriceSource(models.TextChoices):
    """Where a model's prices come from."""

    UNSET = "unset", _("Not set")
    LIST = "list", _("Price list")
    HAND = "hand", _("Entered by hand")


class Model(models.Model):
    """One model on a provider. Prices are per million tokens."""

    class Tier(models.TextChoices):
        SMALL = "small", _("Small")
        MEDIUM = "medium", _("Medium")
        LARGE = "large", _("Large")

    provider = models.ForeignKey(
        Provider, on_delete=models.CASCADE, related_name="models", verbose_name=_("provider")
    )
    name = models.CharField(_("name"), max_length=200, help_text=_("As the provider calls it."))
    tier = models.CharField(_("size tier"), max_length=10, choices=Tier, default=Tier.MEDIUM)
    context_tokens = models.PositiveIntegerField(_("context size in tokens"), default=32_768)
    input_price = models.DecimalField(
        _("price per million input tokens"), max_digits=10, decimal_places=4, default=Decimal(0)
    )
    cached_price = models.DecimalField(
        _("price per million cached input tokens"),
        max_digits=10,
        decimal_places=4,
        default=Decimal(0),
    )
    output_price = models.DecimalField(
        _("price per million output tokens"), max_digits=10, decimal_places=4, default=Decimal(0)
    )
    price_source = models.CharField(
        _("prices from"),
        max_length=10,
        choices=PriceSource,
        default=PriceSource.UNSET,
        editable=False,
    )
    # The date of the price list, where they come from there.
    priced_on = models.DateField(null=True, editable=False)
    is_default = models.BooleanField(_("default model"), default=False)

    class Meta:
        ordering = ["provider__name", "name"]
        verbose_name = _("model")
        verbose_name_plural = _("models")
        constraints = [
            models.UniqueConstraint(fields=["provider", "name"], name="model_once_per_provider"),
            models.UniqueConstraint(
                fields=["is_default"],
                condition=models.Q(is_default=True),
                name="one_default_model",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.provider.label})"

    @property
    def prices(self) -> dict[str, str]:
        """Per million tokens, as an attempt remembers them."""
        return {
            "input": str(self.input_price),
            "cached": str(self.cached_price),
            "output": str(self.output_price),
        }
