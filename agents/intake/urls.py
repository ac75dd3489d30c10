"""Addresses of what goes into a batch and comes out of it; within those of `agents`."""

from django.urls import path

from agents.views import downloads, uploads, webhooks

urlpatterns = [
    path("batches/new/", uploads.new_batch, name="new_batch"),
    path("batches/new/briefs.<str:suffix>", uploads.sample, name="sample_briefs"),
    path("batches/new/<uuid:upload_id>/", uploads.preview_batch, name="preview_batch"),
    path("batches/new/<uuid:upload_id>/estimate/", uploads.estimate_upload, name="estimate_upload"),
    path("batches/new/<uuid:upload_id>/discard/", uploads.discard_upload, name="discard_upload"),
    path(
        "batches/<uuid:batch_id>/download/<str:suffix>/", downloads.download, name="download_batch"
    ),
    path("webhooks/", webhooks.webhooks, name="webhooks"),
    path("webhooks/<uuid:webhook_id>/", webhooks.webhook, name="webhook"),
    path("webhooks/<uuid:webhook_id>/test/", webhooks.send_test, name="test_webhook"),
    path("webhooks/<uuid:webhook_id>/secret/", webhooks.renew_secret, name="renew_secret"),
    path("webhooks/<uuid:webhook_id>/delete/", webhooks.delete_webhook, name="delete_webhook"),
    path("deliveries/<uuid:delivery_id>/", webhooks.delivery, name="delivery"),
    path("deliveries/<uuid:delivery_id>/again/", webhooks.send_again, name="send_again"),
]
