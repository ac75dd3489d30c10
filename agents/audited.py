"""What the audit log says of agents: who set up what."""

from django.utils.translation import gettext_lazy as _

EVENTS = {
    "batch.exported": _("Documents of a batch exported"),
    "webhook.created": _("Webhook added"),
    "webhook.changed": _("Webhook changed"),
    "webhook.secret": _("Secret of a webhook renewed"),
    "webhook.deleted": _("Webhook deleted"),
    "provider.created": _("Provider added"),
    "provider.changed": _("Provider changed"),
    "provider.deleted": _("Provider deleted"),
    "key.changed": _("Key of a provider entered"),
    "key.removed": _("Key of a provider removed"),
    "model.created": _("Model added"),
    "model.changed": _("Model changed"),
    "model.deleted": _("Model deleted"),
    "model.priced": _("Prices taken from the list"),
    "local_model.fetched": _("Local model to be fetched"),
    "local_model.cancelled": _("Fetching of a local model cancelled"),
    "local_model.used": _("Local model to be used"),
    "local_model.bundled_used": _("Bundled model used again"),
    "local_model.deleted": _("Local model deleted"),
    "role.created": _("Role added"),
    "role.changed": _("Role changed"),
    "role.deleted": _("Role deleted"),
    "workflow.created": _("Workflow added"),
    "workflow.changed": _("Workflow changed"),
    "workflow.deleted": _("Workflow deleted"),
    "limits.created": _("Limit set"),
    "limits.changed": _("Limit changed"),
    "limits.deleted": _("Limit removed"),
}
