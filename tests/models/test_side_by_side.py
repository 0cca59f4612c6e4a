from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from models.side_by_side import SideBySide

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 20


@pytest.fixture(autouse=True)
def _cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(4)))


def helpers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("side-by-side")]


def test_results_come_in_the_order_of_the_items() -> None:
    assert SideBySide(3).each(lambda item: item * item, list(range(50))) == [n * n for n in range(50)]
    assert SideBySide(3).each(lambda item: item, []) == []


def test_as_many_items_as_asked_for_are_in_work_at_a_time() -> None:
    together = threading.Barrier(3)
    assert SideBySide(3).each(lambda item: together.wait(PATIENCE_S) >= 0, [1, 2, 3]) == [True] * 3


def test_one_at_a_time_and_one_item_need_no_other_thread() -> None:
    before = helpers()
    here = threading.get_ident()
    assert SideBySide(1).each(lambda _: threading.get_ident(), [1, 2, 3]) == [here] * 3
    assert SideBySide(4).each(lambda _: threading.get_ident(), [1]) == [here]
    assert helpers() == before


def test_there_are_never_more_threads_than_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    here = threading.get_ident()
    assert SideBySide(8).each(lambda _: threading.get_ident(), [1, 2, 3]) == [here] * 3


def test_while_others_are_at_work_a_call_does_everything_itself_and_leaves_nothing_behind() -> None:
    class Chart:
        """Something of a patient that can be watched."""

    threads, both, release = SideBySide(2), threading.Barrier(3), threading.Event()

    def held(_: int) -> bool:
        both.wait(PATIENCE_S)
        return release.wait(PATIENCE_S)

    with ThreadPoolExecutor(1) as other:
        call = other.submit(threads.each, held, [1, 2])
        both.wait(PATIENCE_S)
        chart = Chart()
        gone = weakref.ref(chart)
        here = threading.get_ident()
        assert threads.each(lambda _, chart=chart: threading.get_ident(), [1, 2, 3]) == [here] * 3  # type: ignore[misc]
        del chart
        gc.collect()
        assert gone() is None
        assert not call.done()
        release.set()
        assert call.result(PATIENCE_S) == [True, True]


@pytest.mark.parametrize("raising", [(0,), (0, 1), (0, 1, 2)])
def test_what_work_raises_is_raised_when_all_work_has_ended(raising: tuple[int, ...]) -> None:
    all_begun, ended = threading.Barrier(4), threading.Event()

    def work(item: int) -> None:
        all_begun.wait(PATIENCE_S)
        if item in raising:
            raise ValueError(str(item))
        if item == 3:
            time.sleep(0.2)
            ended.set()

    with pytest.raises(ValueError, match=r"[012]"):
        SideBySide(4).each(work, [0, 1, 2, 3])
    assert ended.is_set()


def test_work_that_asks_for_work_never_waits_for_itself() -> None:
    threads = SideBySide(2)
    sums = threads.each(lambda n: sum(threads.each(lambda m: n * m, range(9))), range(9))
    assert sums == [n * sum(range(9)) for n in range(9)]


def test_a_process_forked_after_first_use_has_threads_of_its_own() -> None:
    script = f"""
import os, sys, threading
os.sched_getaffinity = lambda _: set(range(4))
from models.side_by_side import SideBySide
threads, both = SideBySide(2), threading.Barrier(2)
threads.each(lambda _: both.wait({PATIENCE_S}), [1, 2])
child = os.fork()
if child == 0:
    os._exit(0 if len(threads.each(lambda _: both.wait({PATIENCE_S}), [1, 2])) == 2 else 3)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, timeout=90, check=False)
    assert done.returncode == 0
