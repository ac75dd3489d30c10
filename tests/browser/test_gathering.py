"""What a socket gives out: all of it, in order, and together what came together."""

from typing import Any

import pytest

pytestmark = pytest.mark.browser

# Nobody listens at that port: what comes is dispatched by the test.
OPEN = """
  const socket = new testing.GatheringSocket('ws://127.0.0.1:9/');
  const given = [];
  const hear = ({data}) => given.push(data);
  socket.addEventListener('message', hear);
  // The connection that fails says so too, whenever it does.
  socket.addEventListener('close', ({isTrusted}) => isTrusted || given.push('closed'));
  const send = (data) => socket.dispatchEvent(new MessageEvent('message', {data}));
  const turn = () => new Promise((done) => setTimeout(done));
"""


def run(page: Any, steps: str) -> Any:
    return page.evaluate(f"async () => {{ {OPEN} {steps} }}")


def test_frames_that_come_together_are_given_out_together(page: Any) -> None:
    sizes = run(
        page,
        """
        const sizes = [];
        for (const last of [3, 6]) {
          for (let number = 0; number < 3; number += 1) send(number);
          while (given.length < last) {
            if (given.length !== sizes.at(-1)) sizes.push(given.length);
            await turn();
          }
        }
        return [sizes, given];
        """,
    )
    assert sizes == [[0, 3], [0, 1, 2, 0, 1, 2]]


def test_what_came_before_the_close_is_given_out_before_it(page: Any) -> None:
    given = run(page, "send(1); send(2); socket.dispatchEvent(new Event('close')); return given;")
    assert given == [1, 2, "closed"]


def test_nothing_is_given_to_who_does_not_listen_any_more(page: Any) -> None:
    given = run(
        page,
        """
        send(1);
        socket.removeEventListener('message', hear);
        socket.dispatchEvent(new Event('close'));
        return given;
        """,
    )
    assert given == ["closed"]
