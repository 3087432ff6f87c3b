"""Speed as a ratio: each piece of work beside a peer or beside the least that it could cost, in one run.

`python -m benchmarks` runs everything and writes `benchmarks/results.md` and `.json`; `--quick` uses less data.
"""
