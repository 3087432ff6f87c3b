"""Benchmarks: the speed of each task as a ratio to peers that do the same, or to the least that it could cost.

`python -m benchmarks` runs everything and writes `benchmarks/results.md` and `.json`; `--quick` runs less and prints it.
`corpus` makes the data once, below the folder of `--cache`. A module of benchmarks has `CASES` (see `case`) and is listed in
`__main__.MODULES`. Other modules render pages of docs/ from figures that they recompute.
"""
