"""Call one function of a benchmark module in this process and print its seconds and peak megabytes, or the path of its data."""

import resource
import sys
from importlib import import_module
from pathlib import Path

if __name__ == "__main__":  # not when a process that the work starts imports this file
    module, name, folder, size = sys.argv[1:]
    result = getattr(import_module(module), name)(Path(folder), int(size))
    peak = max(resource.getrusage(scope).ru_maxrss for scope in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    print(result if isinstance(result, Path) else f"{result} {peak}")
