"""A chunk names its update by its number in the section's log instead of by its row."""

from typing import Any

from django.db import migrations, models


def number(apps: Any, _schema_editor: Any) -> None:
    updates = apps.get_model("writing", "Update").objects.filter(pk=models.OuterRef("update"))
    chunks = apps.get_model("agents", "Chunk").objects.filter(update__isnull=False)
    chunks.update(seq=models.Subquery(updates.values("seq")[:1]))


def find(apps: Any, _schema_editor: Any) -> None:
    steps = apps.get_model("agents", "Step").objects
    step = steps.filter(pk=models.OuterRef(models.OuterRef("step")))
    updates = apps.get_model("writing", "Update").objects.filter(
        section__in=step.values("section"), seq=models.OuterRef("seq")
    )
    chunks = apps.get_model("agents", "Chunk").objects.filter(seq__isnull=False)
    chunks.update(update=models.Subquery(updates.values("pk")[:1]))


class Migration(migrations.Migration):
    dependencies = [("agents", "0001_initial")]

    operations = [
        migrations.AddField("chunk", "seq", models.PositiveBigIntegerField(null=True)),
        migrations.RunPython(number, find),
        migrations.RemoveField("chunk", "update"),
    ]
