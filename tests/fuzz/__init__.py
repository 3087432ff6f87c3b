"""A fuzzer of the readers and the check: `python -m tests.fuzz --help`; a short run of it is part of the tests."""
