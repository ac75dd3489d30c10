from pathlib import Path, PurePosixPath

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

REPOSITORY = RegexValidator(
    r"^[\w-][\w.-]*/[\w-][\w.-]*\Z", _("Enter owner/name, as the hub shows it.")
)
FILE = RegexValidator(
    r"^(?!.*\.\.)(?!.*-\d{5}-of-\d{5})[\w-][\w. /-]*\.gguf\Z",
    _("Enter the name of one GGUF file, such as model-Q4_K_M.gguf. Files in parts do not do."),
)
REVISION = RegexValidator(
    r"^(?!.*\.\.)[\w-][\w./-]*\Z", _("Enter a branch, a tag or the id of a commit.")
)
SHA256 = RegexValidator(r"^[0-9a-f]{64}\Z", _("A SHA-256 has 64 digits from 0 to f."))


class LocalModelState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    FETCHING = "fetching", _("Being fetched")
    READY = "ready", _("Ready")
    STARTING = "starting", _("Being started")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class LocalModel(models.Model):
    """Weights from the public hub, for the model server that comes with Scriptorium.

    The row is the truth about fetching and starting them. A worker that does either holds it by
    `attempt` and renews `heartbeat_at`; once that is old, another one goes on.
    """

    repository = models.CharField(_("repository"), max_length=200, validators=[REPOSITORY])
    file = models.CharField(_("file"), max_length=200, validators=[FILE])
    wanted_revision = models.CharField(
        _("revision"), max_length=100, default="main", validators=[REVISION]
    )
    # Known once the hub was asked: that commit and no other is fetched, now and when resuming.
    commit = models.CharField(max_length=100, blank=True, editable=False)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True, validators=[SHA256])
    size_bytes = models.BigIntegerField(default=0, editable=False)
    received_bytes = models.BigIntegerField(default=0, editable=False)
    state = models.CharField(
        max_length=10, choices=LocalModelState, default=LocalModelState.WAITING, editable=False
    )
    problem = models.TextField(blank=True, editable=False)
    # In which the problem is written: the language of who asked last.
    locale = models.CharField(max_length=10, default="en", editable=False)
    attempt = models.PositiveIntegerField(default=0, editable=False)
    heartbeat_at = models.DateTimeField(null=True, editable=False)
    # The model server runs with it.
    is_used = models.BooleanField(default=False, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        editable=False,
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-is_used", "-created_at", "-pk"]
        verbose_name = _("local model")
        verbose_name_plural = _("local models")
        constraints = [
            models.UniqueConstraint(
                fields=["repository", "file", "wanted_revision"], name="weights_once"
            ),
            models.UniqueConstraint(
                fields=["is_used"], condition=models.Q(is_used=True), name="one_used_local_model"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What the model server calls the model."""
        return PurePosixPath(self.file).stem

    @property
    def path(self) -> Path:
        """Where the weights are once they are ready."""
        data: Path = settings.DATA_DIR
        return data / "model" / "fetched" / str(self.pk) / PurePosixPath(self.file).name

    @property
    def is_active(self) -> bool:
        """A worker is at it, or will be."""
        return self.state in ACTIVE


ACTIVE = (LocalModelState.WAITING, LocalModelState.FETCHING, LocalModelState.STARTING)
