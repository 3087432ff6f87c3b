"""Where functions of one argument are run: in this process, in a pool of processes, on a cluster of Dask.

An `Engine` takes a function and a list of arguments, and yields the number of each with its result, in any order; in place of a
result that there is not, a `TaskFailure`. It raises OSError if the engine itself is lost.
"""

import logging
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

Engine = Callable[[Callable[[Any], Any], Sequence[Any]], Iterator[tuple[int, Any]]]
_THREADS = dict.fromkeys(("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Processes, not threads, share the cores out."""


@dataclass(frozen=True)
class TaskFailure:
    """Why a task has no result; `environment` if its argument is not at fault, so that no other task would succeed.

    `missing` is the package that is not installed where it was run.
    """

    reason: str
    environment: bool = False
    missing: str | None = None


WORKER_LOST = TaskFailure("it ended the process that worked on it, twice")


def attempt(function: Callable[[Any], Any], item: Any) -> Any:
    """The function's result, or the Failure that an exception of it comes to: exceptions do not travel well."""
    from slantbank.frames import OutputError

    try:
        return function(item)
    except OutputError as error:
        return TaskFailure(error.strerror or str(error), environment=True)
    except ModuleNotFoundError as error:
        return TaskFailure(str(error), environment=True, missing=error.name)
    except (OSError, EOFError, ValueError) as error:  # what is wrong with a shard, in words of ours or of the system
        said = getattr(error, "strerror", None) or str(error)
        return TaskFailure(said or type(error).__name__)
    except Exception as error:  # noqa: BLE001 - whatever a shard does to us, the others go on
        return TaskFailure(f"{type(error).__name__}: {error}".rstrip(": "))


def run_in_process(function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[tuple[int, Any]]:
    """Run in this process, one after another."""
    for number, item in enumerate(items):
        yield number, attempt(function, item)


@contextmanager
def process_pool(workers: int | None = None) -> Iterator[Engine]:
    """A pool of processes, else one for each core. What one that dies may have died of is tried once more, alone."""
    workers = workers or _cores()
    if workers == 1:
        yield run_in_process
        return

    def run(function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        waiting = list(range(len(items)))[::-1]
        suspects: list[int] = []
        while waiting or suspects:
            alone = not waiting
            with _pool(1 if alone else workers) as pool:
                running: dict[Future[Any], int] = {}
                try:
                    while (waiting and not alone) or running or suspects:
                        todo = suspects if alone else waiting
                        while todo and len(running) < (1 if alone else workers):
                            future = pool.submit(attempt, function, items[todo[-1]])
                            running[future] = todo.pop()
                        if not running:
                            break
                        for future in wait(running, return_when=FIRST_COMPLETED).done:
                            result = future.result()
                            yield running.pop(future), result
                except BrokenProcessPool:
                    if alone:
                        yield from ((number, WORKER_LOST) for number in running.values())
                    else:
                        suspects += running.values()

    yield run


def _cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _limit_threads)


def _limit_threads() -> None:
    os.environ.update(_THREADS)


@contextmanager
def dask(address: str | None, workers: int | None = None) -> Iterator[Engine]:
    """The cluster at `address`, or one on this machine with so many processes, else one for each core.

    A shard that has ended several workers is tried once more, alone, since Dask blames whatever was on a worker. Raises OSError
    if the cluster cannot be reached.
    """
    import dask.config
    import distributed

    with dask.config.set(
        {
            "distributed.nanny.pre-spawn-environ": _THREADS,
            "distributed.scheduler.allowed-failures": 1,
            "distributed.comm.timeouts.connect": "10s",
        }
    ):
        cluster = (
            None
            if address
            else distributed.LocalCluster(
                n_workers=workers or _cores(), threads_per_worker=1, dashboard_address=":0", silence_logs=logging.CRITICAL
            )
        )
        try:
            with distributed.Client(address or cluster, timeout="10s") as client:
                yield lambda function, items: _on_dask(client, function, items)
        finally:
            if cluster is not None:
                cluster.close()


def _on_dask(client: Any, function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[tuple[int, Any]]:
    suspects: list[int] = []
    for number, result in _submit(client, function, items, range(len(items))):
        if result is WORKER_LOST:
            suspects.append(number)
        else:
            yield number, result
    for number in suspects:
        yield from _submit(client, function, items, [number])


def _submit(client: Any, function: Callable[[Any], Any], items: Sequence[Any], numbers: Sequence[int]) -> Iterator[tuple[int, Any]]:
    from distributed import KilledWorker, as_completed

    chosen = [items[number] for number in numbers]
    futures = dict(zip(client.map(attempt, [function] * len(chosen), chosen, pure=False), numbers, strict=True))
    for future in as_completed(list(futures)):
        number = futures.pop(future)
        try:
            result = future.result()  # waits, if it was lost again with the worker that held it
        except KilledWorker:
            result = WORKER_LOST
        except (OSError, CancelledError) as error:
            raise ConnectionError("the scheduler is gone; what is done stays so, and the same call goes on from there") from error
        except Exception as error:  # noqa: BLE001 - the arguments of the function would not travel, or the like
            result = TaskFailure(str(error))
        yield number, result
        future.release()
