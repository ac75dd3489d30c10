"""An editor without a server, in the page of `window`, and what it holds."""

from typing import Any

from writing.text.markdown import append_markdown
from writing.text.output import to_markdown
from writing.text.peer import Peer

ATTEMPT = "6f1c9a52-5d6e-4d55-9d0e-0f2b8a3c7e11"
MARK = {"attempt": ATTEMPT, "tone": 3}


def peer_with(markdown: str, *, agent: bool = True) -> Peer:
    peer = Peer(1)
    append_markdown(peer.body, markdown, {"agent": MARK} if agent else None)
    return peer


def open_editor(page: Any, peer: Peer, language: str = "en") -> None:
    page.evaluate(
        """([update, language]) => {
          document.documentElement.lang = language;
          window.editor?.destroy();
          window.editor = testing.open(update);
        }""",
        [list(peer.doc.get_update()), language],
    )


def tree_in(page: Any) -> list[dict[str, Any]]:
    tree: list[dict[str, Any]] = page.evaluate("editor.tree()")
    return tree


def markdown_in(page: Any) -> str:
    """What the server would export of it."""
    peer = Peer(2, [update_of(page)])
    return to_markdown(peer.body).strip()


def stand_behind(page: Any, text: str) -> None:
    """The caret behind `text`, with which the first paragraph begins."""
    page.evaluate("offset => editor.stand(offset)", len(text))


def paste(page: Any, text: str, kind: str = "text/html") -> None:
    page.evaluate(
        """([text, kind]) => {
          const clipboardData = new DataTransfer();
          clipboardData.setData(kind, text);
          const options = {clipboardData, bubbles: true, cancelable: true};
          const editor = document.querySelector('.ProseMirror');
          editor.dispatchEvent(new ClipboardEvent('paste', options));
        }""",
        [text, kind],
    )


def compose(page: Any, *composed: str) -> None:
    """As an input method does; the last is what it gives."""
    input_method = page.context.new_cdp_session(page)
    for text in composed:
        input_method.send(
            "Input.imeSetComposition",
            {"text": text, "selectionStart": len(text), "selectionEnd": len(text)},
        )
    input_method.send("Input.insertText", {"text": composed[-1]})


def update_of(page: Any) -> bytes:
    """Everything, as one update."""
    return bytes(page.evaluate("editor.update()"))


def receive(page: Any, peer: Peer) -> None:
    page.evaluate("update => editor.receive(update)", list(peer.take() or b""))
