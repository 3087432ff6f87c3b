"""One function of a benchmark module, called in this process: its seconds and the peak megabytes, or where its data are."""

import resource
import sys
from importlib import import_module
from pathlib import Path

if __name__ == "__main__":  # processes that the work starts read this file again
    module, name, folder, size = sys.argv[1:]
    found = getattr(import_module(module), name)(Path(folder), int(size))
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    print(found if isinstance(found, Path) else f"{found} {peak}")
