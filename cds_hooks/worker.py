"""The worker process: gunicorn's threads, with a bounded queue, bounded patience and an orderly end.

A connection waits in the poller until it has sent something, so an idle one takes no thread. Then it is
handed to the threads, or refused at once (`admission.py`): a call that would wait for long is better sent
elsewhere. Requests to the operations address have a thread of their own, so
that a busy process still says that it lives.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from selectors import EVENT_READ
from typing import Any
from uuid import uuid4

import orjson
from gunicorn import util
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.workers.gthread import TConn, ThreadWorker

from cds_hooks.admission import Admission
from cds_hooks.errors import CallError, HttpError, Overloaded
from cds_hooks.process_state import ProcessState
from cds_hooks.protocol.response import operation_outcome
from cds_hooks.telemetry.call import Recorder

log = logging.getLogger(__name__)

# A refused client gets this long to take its answer, in seconds; so many of them may do so at a time.
_LEAVE_S, _MOST_LEAVING = 2.0, 256
_CHUNK = 256 * 1024
# When a thread has had a call for so many seconds and not all of it has come, it waits for the client.
_PROMPT_S = 0.1
# Each call of the main loop to the network gives the interpreter to a computing thread and has it back after
# this time, in seconds. With Python's own 5 ms a refusal costs 30 ms of waiting, and in an overload the main
# loop falls seconds behind. It holds while calls are refused only: eight threads that compute side by side
# lose a fifth by it, the one that computes in an overload nothing.
_SWITCH_S = 0.0001
# The main loop goes round a thousand times a second in a flood; so many seconds pass between two looks at the
# clock of every connection. It sleeps for a second at most.
_LOOK_S = 0.05
_RECEIVING, _SENDING, _BOTH = 0, 1, 2  # what shutdown(2) ends


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerLimits:
    """What one worker takes on.

    Attributes:
        read_s: Seconds from a request's first byte, once a thread has it, to the last byte of its body.
        answer_s: Seconds from then until the client has taken the answer.
        drain_s: Seconds between being told to stop and closing the door; readiness is false meanwhile.
        operations_port: Port of the operations address; 0 for none.
    """

    read_s: float
    answer_s: float
    drain_s: float
    operations_port: int = 0


class Connection(TConn):  # type: ignore[misc]
    """A connection, and until when its thread waits for the other side."""

    def __init__(self, *args: Any, operations: bool) -> None:
        super().__init__(*args)
        self.operations = operations
        self.arrived = 0.0
        self.begun = 0.0
        self.give_up_at = float("inf")
        self.received = False

    def give_up(self) -> None:
        """Wakes the thread: what it waits for will not come."""
        # Before the request is complete its thread reads the end of the stream, and can still answer.
        with suppress(OSError):
            self.sock.shutdown(_BOTH if self.received else _RECEIVING)


class Worker(ThreadWorker):  # type: ignore[misc]
    """A worker with limits; what is no HTTP is answered with an OperationOutcome, and not logged.

    Attributes:
        fetching: How many threads wait for another server's answer.
    """

    limits: WorkerLimits
    admission: Admission
    state: ProcessState
    recorder: Recorder
    fetching: Callable[[], int]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_hand = 0
        self._busy: dict[Any, Connection] = {}
        self._leaving: dict[Any, float] = {}
        self._stop_at = float("inf")
        self._notified_at = self._looked_at = 0.0
        self._addresses: dict[Any, Any] = {}
        self._usual_switch_s = sys.getswitchinterval()
        self._operations: ThreadPoolExecutor | None = None

    def init_process(self) -> None:
        """Starts the thread for the operations address, then serves until the worker ends."""
        self._operations = ThreadPoolExecutor(max_workers=1)
        super().init_process()

    def load_wsgi(self) -> None:
        """Wraps the application, so that it can say when a request was read."""
        super().load_wsgi()
        app: Any = self.wsgi  # type: ignore[has-type]
        self.wsgi = partial(self._answer, app)

    def accept(self, listener: Any) -> None:
        """Takes a connection; it gets a thread when it has sent something."""
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        here = self._addresses.get(listener)
        if here is None:
            here = self._addresses[listener] = listener.getsockname()
        operations = self.limits.operations_port != 0 and here[1] == self.limits.operations_port
        conn = Connection(self.cfg, client, address, here, operations=operations)
        conn.set_timeout()
        self.pending_conns.append(conn)
        self.poller.register(client, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def enqueue_req(self, conn: Connection) -> None:
        """Hands a connection that has sent something to a thread, or refuses it."""
        conn.arrived = time.monotonic()
        if conn.operations:
            self._submit(self._operations, conn, self.finish_request)
        elif not self.admission.admits(conn.arrived, self._in_hand, self._elsewhere(conn.arrived)):
            self._refuse(conn)
        else:
            self._in_hand += 1
            self._tell_queue()
            self._submit(self.tpool, conn, self._finish_counted)

    def handle(self, conn: Connection) -> Any:
        """Answers one request, in a thread; the main loop watches that the client does its part in time."""
        conn.received = False
        conn.begun = time.monotonic()
        conn.give_up_at = conn.begun + self.limits.read_s
        self._busy[conn.sock] = conn
        try:
            return super().handle(conn)
        finally:
            self._busy.pop(conn.sock, None)

    def notify(self) -> None:
        """Tells the first process that this one lives, as often as it wants to hear it."""
        now = time.monotonic()
        if now >= self._notified_at + _LOOK_S:
            self._notified_at = now
            super().notify()

    def handle_exit(self, sig: int, frame: Any) -> None:
        """SIGTERM: not ready from now on; the door closes `drain_s` later. A second one closes it at once."""
        if self.state.draining or not self.limits.drain_s:
            self.state.draining = True
            super().handle_exit(sig, frame)
            return
        self.state.draining = True
        self._stop_at = time.monotonic() + self.limits.drain_s

    def murder_pending(self) -> None:
        """Called by the main loop after every wait of a second at most: ends what has taken too long."""
        now = time.monotonic()
        if now < self._looked_at + _LOOK_S:
            return
        self._looked_at = now
        super().murder_pending()
        for conn in list(self._busy.values()):
            if now > conn.give_up_at:
                conn.give_up_at = float("inf")
                self.recorder.refused("slow")
                conn.give_up()
        for client in [each for each, until in self._leaving.items() if now > until]:
            self._left(client)
        if not self.admission.is_refusing(now):
            sys.setswitchinterval(self._usual_switch_s)
        if now > self._stop_at:
            self.alive = False

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answers a request that gunicorn itself refuses; `exc` repeats parts of it and stays unsaid."""
        status = _status_of(exc)
        correlation_id = str(uuid4())
        extra = {"status": int(status), "error": type(exc).__name__, "correlation_id": correlation_id}
        log.warning("refused before routing", extra=extra)
        error = HttpError(int(status), "invalid", f"the request is not HTTP as expected: {status.phrase}")
        try:
            util.write_nonblock(client, _raw_answer(error, correlation_id))
        except OSError:
            log.info("the client was gone before it could be answered", extra=extra)

    def _answer(self, app: Any, environ: dict[str, Any], start_response: Any) -> Any:
        conn = self._busy.get(environ["gunicorn.socket"])
        if conn is not None:
            environ["cuecard.arrived"] = conn.arrived
            environ["cuecard.received"] = partial(self._received, conn)
        return app(environ, start_response)

    def _received(self, conn: Connection) -> None:
        conn.received = True
        conn.give_up_at = time.monotonic() + self.limits.answer_s

    def _elsewhere(self, now: float) -> int:
        counted = [each for each in list(self._busy.values()) if not each.operations]
        unsent = sum(not each.received and now > each.begun + _PROMPT_S for each in counted)
        return self.fetching() + unsent

    def _submit(self, pool: Any, conn: Connection, finish: Any) -> None:
        future: Future[Any] = pool.submit(self.handle, conn)
        future.add_done_callback(lambda done: self.method_queue.defer(finish, conn, done))

    def _finish_counted(self, conn: Connection, done: Future[Any]) -> None:
        self._in_hand -= 1
        self._tell_queue()
        self.finish_request(conn, done)

    def _tell_queue(self) -> None:
        in_flight = min(self._in_hand, self.cfg.threads)
        self.recorder.queue(in_flight, self._in_hand - in_flight)

    def _refuse(self, conn: Connection) -> None:
        """Answers 503 from the main loop, without reading the request, and lets the client take it."""
        self.recorder.refused("overload")
        sys.setswitchinterval(_SWITCH_S)
        client = conn.sock
        try:
            client.setblocking(False)
            client.send(_raw_answer(Overloaded(), str(uuid4())))
            client.shutdown(_SENDING)
        except OSError:
            self._left(client)
            return
        if len(self._leaving) >= _MOST_LEAVING:
            self._left(next(iter(self._leaving)))
        # Closed with the request unread, the connection would be reset and the answer lost with it.
        self._leaving[client] = time.monotonic() + _LEAVE_S
        self.poller.register(client, EVENT_READ, self._discard)

    def _discard(self, client: Any) -> None:
        try:
            gone = not client.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            gone = True
        if gone:
            self._left(client)

    def _left(self, client: Any) -> None:
        if self._leaving.pop(client, None) is not None:
            self.poller.unregister(client)
        self.nr_conns -= 1
        util.close(client)


def _raw_answer(error: CallError, correlation_id: str) -> bytes:
    """An answer with an OperationOutcome, as it goes over the wire; the connection ends with it."""
    body = orjson.dumps(operation_outcome(error, correlation_id))
    again = f"Retry-After: {error.retry_after_s}\r\n" if error.retry_after_s else ""
    head = (
        f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}\r\nConnection: close\r\n"
        f"Cache-Control: no-store\r\nX-Correlation-ID: {correlation_id}\r\n{again}"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("ascii") + body


def _status_of(error: BaseException) -> HTTPStatus:
    if isinstance(error, LimitRequestLine):
        return HTTPStatus.REQUEST_URI_TOO_LONG
    if isinstance(error, LimitRequestHeaders):
        return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    known = isinstance(error, ParseException)
    return HTTPStatus.BAD_REQUEST if known else HTTPStatus.INTERNAL_SERVER_ERROR
