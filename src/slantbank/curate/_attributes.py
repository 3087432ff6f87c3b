"""The .gitattributes of a bank, which keep its files the same bytes on every system."""

ATTRIBUTES = """\
# A bank is the same bytes on every system: git would give Windows CR LF at the end of lines.
* text=auto eol=lf
*.parquet binary
# The source stays as it was received.
source.txt -text
"""
"""The text of a bank's `.gitattributes`. Source: https://git-scm.com/docs/gitattributes"""
