"""Engines that run a function on a list of arguments: in this process, in a pool of processes, or on a Dask cluster.

An `Engine` takes the function and the arguments, and yields the number of each argument with its result, in any order. If a task
failed, its result is a `TaskFailure`. The engine raises OSError if it is lost itself.
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
"""One thread for each library, since there is a process for each core."""


@dataclass(frozen=True)
class TaskFailure:
    """The reason why a task has no result.

    `environment` is true if the worker is at fault and not the argument, so that other tasks would fail too; `missing` is a
    package that is not installed on the worker.
    """

    reason: str
    environment: bool = False
    missing: str | None = None


WORKER_LOST = TaskFailure("its worker process died twice")


def attempt(function: Callable[[Any], Any], item: Any) -> Any:
    """Call the function; an exception becomes a TaskFailure, since exceptions often cannot be sent between processes."""
    from slantbank.frames import OutputError

    try:
        return function(item)
    except OutputError as error:
        return TaskFailure(error.strerror or str(error), environment=True)
    except ModuleNotFoundError as error:
        return TaskFailure(str(error), environment=True, missing=error.name)
    except (OSError, EOFError, ValueError) as error:  # these say what is wrong with the shard
        message = getattr(error, "strerror", None) or str(error)
        return TaskFailure(message or type(error).__name__)
    except Exception as error:  # noqa: BLE001 - a fault of one shard must not stop the others
        return TaskFailure(f"{type(error).__name__}: {error}".rstrip(": "))


def run_in_process(function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[tuple[int, Any]]:
    """An engine: run the tasks in this process, one after another."""
    for number, item in enumerate(items):
        yield number, attempt(function, item)


@contextmanager
def process_pool(workers: int | None = None) -> Iterator[Engine]:
    """An engine with a pool of `workers` processes, by default one for each core.

    If a process dies, each task that was running is retried once, alone, to find the one that killed it.
    """
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
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _limit_threads)


def _limit_threads() -> None:
    os.environ.update(_THREADS)


@contextmanager
def dask(address: str | None, workers: int | None = None) -> Iterator[Engine]:
    """An engine on the Dask cluster at `address`, or on a local one with `workers` processes, by default one for each core.

    Dask blames every task that was on a worker that died, so a task that it gives up is retried once, alone. Raises OSError if
    the cluster cannot be reached.
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

    arguments = [items[number] for number in numbers]
    futures = dict(zip(client.map(attempt, [function] * len(arguments), arguments, pure=False), numbers, strict=True))
    for future in as_completed(list(futures)):
        number = futures.pop(future)
        try:
            result = future.result()  # waits while Dask computes a result again that was lost with its worker
        except KilledWorker:
            result = WORKER_LOST
        except (OSError, CancelledError) as error:
            raise ConnectionError("the scheduler is gone; finished shards are kept, and the same call continues") from error
        except Exception as error:  # noqa: BLE001 - for example, arguments that cannot be pickled
            result = TaskFailure(str(error))
        yield number, result
        future.release()
