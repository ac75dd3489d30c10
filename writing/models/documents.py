import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    ARTICLE = "article", _("Article")
    REPORT = "report", _("Report")
    BLOG_POST = "blog_post", _("Blog post")
    STORY = "story", _("Story")
    SCREENPLAY = "screenplay", _("Screenplay")
    SOCIAL_THREAD = "social_thread", _("Social thread")
    TUTORIAL = "tutorial", _("Programming tutorial")
    TRANSLATION = "translation", _("Translation")


class Language(models.TextChoices):
    """Languages a document may be written in, by BCP 47 tag."""

    ENGLISH = "en", "English"
    CHINESE = "zh-hans", "简体中文"
    GERMAN = "de", "Deutsch"
    SPANISH = "es", "Español"
    FRENCH = "fr", "Français"
    ITALIAN = "it", "Italiano"
    PORTUGUESE = "pt", "Português"
    JAPANESE = "ja", "日本語"


class AgentPolicy(models.TextChoices):
    """What agents may do with a text."""

    FREE = "free", _("Write and revise")
    SUGGEST = "suggest", _("Suggest and remark")
    OFF = "off", _("Nothing")


class DocumentQuerySet(models.QuerySet["Document"]):
    def present(self) -> "DocumentQuerySet":
        return self.filter(deleted_at=None)


class Document(models.Model):
    """What the author asks for; its text lives in its sections."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=200)
    brief = models.TextField(blank=True)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.ARTICLE)
    language = models.CharField(max_length=10, choices=Language, default=Language.ENGLISH)
    target_words = models.PositiveIntegerField(default=1000)
    agent_policy = models.CharField(max_length=10, choices=AgentPolicy, default=AgentPolicy.FREE)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at"]

    def __str__(self) -> str:
        return self.title
