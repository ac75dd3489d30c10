from decimal import Decimal

from django.db import models

from agents.models.providers import Model
from agents.models.runs import Attempt, Run


class Call(models.Model):
    """One call to a provider: its tokens and what they cost."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="calls")
    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="calls")
    model = models.ForeignKey(Model, on_delete=models.SET_NULL, null=True, related_name="calls")
    prompt_tokens = models.PositiveIntegerField(default=0)
    cached_tokens = models.PositiveIntegerField(default=0)
    completion_tokens = models.PositiveIntegerField(default=0)
    # Counted by us because the provider reported nothing, e.g. when the stream broke.
    estimated = models.BooleanField(default=False)
    cost = models.DecimalField(max_digits=12, decimal_places=6, default=Decimal(0))
    seconds = models.FloatField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return f"{self.prompt_tokens} + {self.completion_tokens} tokens"
