from django.urls import path

from writing.views import (
    documents,
    images,
    invitations,
    links,
    review,
    sections,
    setup,
    sharing,
    structure,
    suggestions,
    trash,
)

app_name = "writing"
urlpatterns = [
    path("", documents.library, name="library"),
    path("welcome/", setup.welcome, name="welcome"),
    path("setup/<str:token>/", setup.setup, name="setup"),
    path("documents/<uuid:document_id>/", documents.manuscript, name="manuscript"),
    path("documents/<uuid:document_id>/edit/", documents.edit_document, name="edit_document"),
    path("documents/<uuid:document_id>/delete/", documents.delete_document, name="delete_document"),
    path(
        "documents/<uuid:document_id>/restore/", documents.restore_document, name="restore_document"
    ),
    path(
        "documents/<uuid:document_id>/export/<str:suffix>/",
        documents.export_document,
        name="export",
    ),
    path("documents/<uuid:document_id>/images/", images.add_image, name="add_image"),
    path("documents/<uuid:document_id>/images/<uuid:image_id>/", images.image, name="image"),
    path("documents/<uuid:document_id>/outline/", sections.outline, name="outline"),
    path("documents/<uuid:document_id>/sections/", sections.add_section, name="add_section"),
    path("sections/<uuid:section_id>/edit/", sections.edit_section, name="edit_section"),
    path("sections/<uuid:section_id>/move/", sections.move_section, name="move_section"),
    path("sections/<uuid:section_id>/delete/", sections.delete_section, name="delete_section"),
    path("sections/<uuid:section_id>/restore/", sections.restore_section, name="restore_section"),
    path("sections/<uuid:section_id>/earlier/", sections.swap_version, name="swap_version"),
    path("sections/<uuid:section_id>/split/", structure.split_section, name="split_section"),
    path("sections/<uuid:section_id>/tidy/", structure.tidy_section, name="tidy_section"),
    path("sections/<uuid:section_id>/merge/", structure.merge_section, name="merge_section"),
    path(
        "sections/<uuid:section_id>/rejoin/<uuid:part_id>/<int:join>/",
        structure.rejoin_sections,
        name="rejoin_sections",
    ),
    path(
        "sections/<uuid:section_id>/divide/<uuid:merged_id>/<int:client_id>/",
        structure.divide_merged,
        name="divide_merged",
    ),
    path("documents/<uuid:document_id>/trash/", trash.sections, name="deleted_sections"),
    path("trash/", trash.documents, name="deleted_documents"),
    path("documents/<uuid:document_id>/review/", review.review, name="review"),
    path("sections/<uuid:section_id>/threads/", review.comment, name="comment"),
    path(
        "documents/<uuid:document_id>/suggestions/", suggestions.decide_in_document, name="decide"
    ),
    path(
        "sections/<uuid:section_id>/suggestions/",
        suggestions.decide_in_section,
        name="decide_in_section",
    ),
    path("sections/<uuid:section_id>/suggest/", suggestions.suggest, name="suggest"),
    path("decisions/<uuid:batch>/undo/", suggestions.take_back, name="take_back"),
    path("threads/<uuid:thread_id>/reply/", review.reply, name="reply"),
    path("threads/<uuid:thread_id>/resolve/", review.resolve_thread, name="resolve_thread"),
    path("threads/<uuid:thread_id>/reopen/", review.reopen_thread, name="reopen_thread"),
    path("documents/<uuid:document_id>/share/", sharing.share, name="share"),
    path("documents/<uuid:document_id>/invite/", sharing.invite, name="invite"),
    path("documents/<uuid:document_id>/leave/", sharing.leave, name="leave"),
    path(
        "documents/<uuid:document_id>/members/<str:removed>/restore/",
        sharing.restore_member,
        name="restore_member",
    ),
    path("members/<int:member_id>/role/", sharing.change_role, name="change_role"),
    path("members/<int:member_id>/remove/", sharing.remove_member, name="remove_member"),
    path(
        "invitations/<uuid:invitation_id>/revoke/",
        sharing.revoke_invitation,
        name="revoke_invitation",
    ),
    path(
        "invitations/<uuid:invitation_id>/restore/",
        sharing.restore_invitation,
        name="restore_invitation",
    ),
    path("invited/<str:token>/", invitations.invitation, name="invitation"),
    path("documents/<uuid:document_id>/links/", sharing.create_link, name="create_link"),
    path("links/<uuid:link_id>/revoke/", sharing.revoke_link, name="revoke_link"),
    path("links/<uuid:link_id>/restore/", sharing.restore_link, name="restore_link"),
    path("links/<uuid:link_id>/", links.link, name="link"),
    path("shared/<str:token>/", links.follow_link, name="follow_link"),
]
