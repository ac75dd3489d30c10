"""Where a step only suggests: people decide what becomes of it."""

from collections.abc import Sequence
from functools import partial

from django.utils.translation import gettext as _
from pycrdt import XmlElement

from agents.models import Output
from agents.save import Row
from agents.work import Work
from writing.access import policy_of
from writing.actions.suggestions import note_suggestion
from writing.models import AgentPolicy
from writing.text.content import content_of, contents_of, is_blank
from writing.text.markdown import append_markdown
from writing.text.peer import Peer
from writing.text.proposing import propose_at_end, propose_body
from writing.text.sentences import has_human
from writing.text.suggestions import ids_in, suggested_in
from writing.text.tree import elements, images, texts


def only_suggests(work: Work) -> bool:
    """Whether its stage says so, or its section does not let agents change the text."""
    policy = policy_of(work.section, work.document)
    return work.claim.step.output == Output.SUGGEST or policy == AgentPolicy.SUGGEST


def output_of(work: Work) -> Output:
    """What becomes of the step's words about a sentence."""
    if work.claim.step.output == Output.COMMENT:
        return Output.COMMENT
    return Output.SUGGEST if only_suggests(work) else Output.APPLY


def note(work: Work, mark: str, *, old: str, new: str, reason: str) -> Sequence[Row]:
    """What tells people of a suggestion, in the transaction that writes it."""
    return [
        partial(
            note_suggestion,
            work.section,
            mark=mark,
            old=old,
            new=new,
            reason=reason,
            attempt=work.claim.attempt.pk,
            agent_name=work.role.label,
            agent_tone=work.role.tone,
        )
    ]


def suggest_draft(work: Work, markdown: str, peer: Peer) -> Sequence[Row]:
    """Suggest a draft in place of what agents wrote; what people wrote stays. Where something is
    suggested already, it comes behind that."""
    draft = Peer(peer.client_id)
    append_markdown(draft.body, markdown)
    wanted = contents_of(draft.body)
    if ids_in(peer.body):
        ids = propose_at_end(peer, wanted, mark=work.mark)
    else:
        staying = [own for own in elements(peer.body) if _is_peoples(own)]
        kept = [content_of(block) for block in staying]
        ids = propose_body(peer, [*kept, *wanted], mark=work.mark)
    reason = work.run.instruction or _("A draft of this section.")
    said = [each for each in suggested_in(peer.body) if each.id in set(ids)]
    return [
        row
        for each in said
        for row in note(work, each.id, old=each.old, new=each.new, reason=reason)
    ]


def _is_peoples(block: XmlElement) -> bool:
    """Whether a person wrote something in it, or left it empty."""
    return (
        is_blank(block)
        or any(images(block))
        or any(has_human(text, 0, len(text)) for _path, _tag, text in texts(block))
    )
