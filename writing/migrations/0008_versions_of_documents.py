import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def describe(apps, schema_editor):
    """The versions that there are hold a section's state; the log has it as well."""
    Version = apps.get_model("writing", "Version")
    for version in Version.objects.select_related("section").defer("data").iterator():
        section = version.section
        version.document_id = section.document_id
        version.contents = [
            {
                "section": str(section.pk),
                "seq": version.seq,
                "title": section.title,
                "words": section.word_count,
            }
        ]
        version.save(update_fields=["document", "contents"])


class Migration(migrations.Migration):

    dependencies = [
        ('writing', '0007_updates_without_index'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='version',
            name='document',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='writing.document'),
        ),
        migrations.AddField(
            model_name='version',
            name='contents',
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name='version',
            name='changes',
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name='version',
            name='kind',
            field=models.CharField(choices=[('interval', 'While it was edited'), ('run_start', 'Before agents began'), ('run_end', 'When agents had finished'), ('safety', 'Before text was replaced'), ('named', 'Named')], default='safety', max_length=10),
        ),
        migrations.AddField(
            model_name='version',
            name='name',
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AlterField(
            model_name='version',
            name='reason',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.RunPython(describe, migrations.RunPython.noop, elidable=True),
    ]
