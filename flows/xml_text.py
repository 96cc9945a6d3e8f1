"""XmlText: XML that a designer wrote as text, with values in it that stay values."""

import re
from xml.sax.saxutils import escape

from flows.templates import MAX_RENDERED_LENGTH, Scope, Template, as_text

_MARKS = {'"': "&quot;", "'": "&apos;"}
_ANEW = "]]><![CDATA["
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 does not have, also not as an escape."""


def render_xml(template: Template, scope: Scope) -> str:
    """The text with every reference replaced by its value, which is text there: its marks are escaped.

    In a CDATA section, where marks stand for themselves, its end is, also one that begins or goes on beside the value.
    """
    parts = []
    verbatim = False
    for part in template.parts:
        if isinstance(part, str):
            parts.append(part)
            begun, ended = part.rfind("<![CDATA["), part.rfind("]]>")
            if begun != ended:
                verbatim = begun > ended
        else:
            text = _NO_XML.sub("\ufffd", as_text(scope.lookup(part)))
            parts.append(_verbatim(text) if verbatim else escape(text, _MARKS))
    return "".join(parts)[:MAX_RENDERED_LENGTH]


def _verbatim(text: str) -> str:
    begin = _ANEW if text.startswith((">", "]>")) else ""
    end = _ANEW if text.endswith("]") else ""
    return begin + text.replace("]]>", f"]]{_ANEW}>") + end
