from django.urls import path

from agents.views import answers, batches, documents, drafts, limits, runs, undoing

app_name = "agents"
urlpatterns = [
    path("documents/new/", documents.new_document, name="new_document"),
    path("batches/", batches.batches, name="batches"),
    path("batches/<uuid:batch_id>/", batches.batch, name="batch"),
    path("batches/<uuid:batch_id>/pause/", batches.pause_batch, name="pause_batch"),
    path("batches/<uuid:batch_id>/resume/", batches.resume_batch, name="resume_batch"),
    path("batches/<uuid:batch_id>/cancel/", batches.cancel_batch, name="cancel_batch"),
    path("batches/<uuid:batch_id>/retry/", batches.try_failures_again, name="retry_batch"),
    path("batches/<uuid:batch_id>/budget/", batches.raise_budget, name="raise_batch_budget"),
    path(
        "batches/<uuid:batch_id>/rows/<int:number>/retry/",
        batches.try_row_again,
        name="retry_batch_row",
    ),
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
    path("comments/<int:comment_id>/retry/", answers.retry_answer, name="retry_answer"),
    path("sections/<uuid:section_id>/stop/", runs.stop_section, name="stop_section"),
    path("sections/<uuid:section_id>/retry/", runs.retry_section, name="retry_section"),
    path("sections/<uuid:section_id>/redraft/", drafts.redraft, name="redraft"),
]
