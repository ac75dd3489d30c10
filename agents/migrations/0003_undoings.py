"""Attempts can be undone: who did so, and when."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('agents', '0002_chunk_seq'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Undoing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seq', models.PositiveBigIntegerField()),
                ('removed_words', models.PositiveIntegerField()),
                ('restored_words', models.PositiveIntegerField()),
                ('undone_at', models.DateTimeField(auto_now_add=True)),
                ('brought_back_seq', models.PositiveBigIntegerField(null=True)),
                ('brought_back_at', models.DateTimeField(null=True)),
                ('attempt', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='undoings', to='agents.attempt')),
                ('brought_back_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('undone_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['undone_at'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('brought_back_at', None)), fields=('attempt',), name='an_attempt_is_undone_once')],
            },
        ),
    ]
