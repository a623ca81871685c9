import os
import signal
import time
from pathlib import Path

import pytest

from animatic.data.workers import spread
from animatic.errors import UserError


@pytest.fixture(autouse=True)
def workers_find_this_file(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[2])


def touch(path, tick):
    path.write_text(str(os.getpid()))
    tick()


def fail(path, tick):
    if path.name == "2":
        raise UserError("item 2 is bad")
    for _ in range(600):
        time.sleep(0.05)
        tick()


def die(path, tick):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("num_workers", [1, 2])
def test_every_item_is_worked_on_and_counted(tmp_path, num_workers):
    paths, told = [tmp_path / str(number) for number in range(5)], []
    spread(touch, paths, num_workers, told.append)
    processes = {int(path.read_text()) for path in paths}
    assert (os.getpid() in processes) == (num_workers == 1)
    assert told[-1] == 5
    assert told == sorted(told)


def test_an_error_in_one_stops_the_others(tmp_path):
    start = time.monotonic()
    with pytest.raises(UserError, match="item 2 is bad"):
        spread(fail, [tmp_path / str(number) for number in (1, 2)], 2, lambda done: None)
    assert time.monotonic() - start < 20


def test_a_worker_that_dies_is_told_and_not_waited_for(tmp_path):
    with pytest.raises(UserError, match="a worker process died"):
        spread(die, [tmp_path / "1"], 2, lambda done: None)


def test_settings_of_threads_are_put_back(tmp_path, monkeypatch):
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    spread(touch, [tmp_path / "1"], 2, lambda done: None)
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "MKL_NUM_THREADS" not in os.environ
