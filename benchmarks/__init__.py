"""Speed as ratios: each piece of work beside others that do the same, or the least that it could cost, in one run.

`python -m benchmarks` runs everything and writes `benchmarks/results.md` and `.json`; `--quick` runs less and prints it.
Data are made once, by `corpus`, below the folder that `--cache` names. A module of benchmarks has `CASES` (see `case`)
and stands in `__main__.MODULES`.
"""
