"""Charset: the encoding that a content type names, among those that are read."""

import re

CHARSETS = {
    name: encoding
    for encoding, names in {
        "utf-8": "utf-8 utf8 us-ascii ascii",
        "cp1252": "iso-8859-1 latin1 latin-1 windows-1252 cp1252",
        "iso-8859-2": "iso-8859-2 latin2", "iso-8859-5": "iso-8859-5", "iso-8859-7": "iso-8859-7",
        "iso-8859-9": "iso-8859-9 latin5", "iso-8859-15": "iso-8859-15 latin-9",
        "cp1250": "windows-1250 cp1250", "cp1251": "windows-1251 cp1251", "cp1253": "windows-1253 cp1253",
        "cp1254": "windows-1254 cp1254", "koi8-r": "koi8-r",
        "shift_jis": "shift_jis shift-jis", "euc-jp": "euc-jp", "euc-kr": "euc-kr", "big5": "big5",
        "gb18030": "gb18030 gbk gb2312",
    }.items()
    for name in names.split()
}  # fmt: skip
"""Python's name of each encoding. Who says Latin-1 means Windows' (WHATWG, Encoding, section 4.2); others of Python's
codecs are no encodings of text, do not hold ASCII as it is, or take more than linear time."""

_NAMED = re.compile(r"charset=[\"']?([\w.:-]{1,40})", re.IGNORECASE | re.ASCII)


def charset_of(content_type: str) -> str:
    """The encoding, as Python calls it; UTF-8 where none is named. Raises `LookupError` with a name not read."""
    named = _NAMED.search(content_type)
    if named is None:
        return "utf-8"
    encoding = CHARSETS.get(named[1].lower())
    if encoding is None:
        raise LookupError(named[1])
    return encoding
