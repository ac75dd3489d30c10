from django.urls import path

from agents.views import documents, drafts, limits, runs, undoing

app_name = "agents"
urlpatterns = [
    path("documents/new/", documents.new_document, name="new_document"),
    path("documents/<uuid:document_id>/plan/", drafts.plan, name="plan"),
    path("documents/<uuid:document_id>/draft/", drafts.draft, name="draft"),
    path("documents/<uuid:document_id>/estimate/", drafts.estimate, name="estimate"),
    path("documents/<uuid:document_id>/runs/", runs.runs, name="runs"),
    path("documents/<uuid:document_id>/hint/", runs.dismiss_hint, name="dismiss_hint"),
    path("runs/<uuid:run_id>/", runs.run, name="run"),
    path("runs/<uuid:run_id>/record.json", runs.record, name="record"),
    path("runs/<uuid:run_id>/stop/", runs.stop_run, name="stop_run"),
    path("runs/<uuid:run_id>/retry/", runs.retry_run, name="retry_run"),
    path("runs/<uuid:run_id>/limit/", limits.raise_limit, name="raise_limit"),
    path("steps/<uuid:step_id>/", runs.step, name="step"),
    path("attempts/<uuid:attempt_id>/", runs.attempt, name="attempt"),
    path("attempts/<uuid:attempt_id>/undo/", undoing.undo, name="undo_attempt"),
    path("attempts/<uuid:attempt_id>/back/", undoing.bring_back, name="bring_back_attempt"),
    path("sections/<uuid:section_id>/stop/", runs.stop_section, name="stop_section"),
    path("sections/<uuid:section_id>/retry/", runs.retry_section, name="retry_section"),
    path("sections/<uuid:section_id>/redraft/", drafts.redraft, name="redraft"),
]
