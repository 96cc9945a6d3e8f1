"""Comments: where they stand in a YAML file, and which key or item each belongs to."""

import re
from collections.abc import Iterator

from flows.tree import Entry, Mapping, Scalar, Sequence, Tree

_COMMENT = re.compile(r"#[^\n]*")


class Comment:
    """One comment. `alone` says that nothing stands before it on its line."""

    __slots__ = ("alone", "blank_before", "column", "line", "offset", "text")

    def __init__(self, text: str, offset: int, line: int, source: str) -> None:
        begin = source.rfind("\n", 0, offset) + 1
        self.text = text.rstrip()
        self.offset = offset
        self.line = line
        self.column = offset - begin + 1
        self.alone = not source[begin:offset].strip()
        self.blank_before = self.alone and is_blank_above(source, begin)


def is_blank_above(source: str, begin: int) -> bool:
    """Whether the line above the one that begins here is empty."""
    return begin >= 2 and not source[source.rfind("\n", 0, begin - 1) + 1 : begin - 1].strip()


class Piece:
    """A key or item of the file with the comments around it. An item's column is that of its dash."""

    __slots__ = ("after", "before", "blank_before", "column", "entry", "items", "tail", "value")

    def __init__(self, value: Tree, entry: Entry | None, source: str, column: int = 1) -> None:
        self.value = value
        self.entry = entry
        self.before: list[Comment] = []
        self.tail: list[Comment] = []
        self.after: list[Comment] = []
        """Comments below the last piece of `items`."""
        self.column = entry.key.column if entry else column
        self.items = [Piece(child, found, source, value.column) for child, found in _children(value)]
        begin = source.rfind("\n", 0, self.start) + 1
        self.blank_before = not source[begin : self.start].strip(" -\t") and is_blank_above(source, begin)

    @property
    def start(self) -> int:
        return self.entry.key.start if self.entry else self.value.start

    @property
    def end(self) -> int:
        return max(self.value.end, self.entry.key.end) if self.entry else self.value.end

    @property
    def is_block(self) -> bool:
        return not isinstance(self.value, Scalar) and not self.value.flow

    def has_comments(self) -> bool:
        """Whether a comment stands anywhere inside."""
        return bool(self.after) or any(item.before or item.tail or item.has_comments() for item in self.items)


def _children(tree: Tree) -> Iterator[tuple[Tree, Entry | None]]:
    if isinstance(tree, Mapping):
        for entry in tree.entries:
            yield entry.value, entry
    elif isinstance(tree, Sequence):
        for item in tree.items:
            yield item, None


def find_comments(source: str, tree: Tree) -> list[Comment]:
    """The comments of a file, in order: what begins with '#' outside of every scalar."""
    found: list[Comment] = []
    at = counted = 0
    line = 1
    for scalar in (*_scalars(tree), None):
        for match in _COMMENT.finditer(source, at, scalar.start if scalar else len(source)):
            line += source.count("\n", counted, match.start())
            counted = match.start()
            found.append(Comment(match[0], match.start(), line, source))
        at = max(at, scalar.end) if scalar else at
    return found


def _scalars(tree: Tree) -> Iterator[Scalar]:
    stack: list[Tree] = [tree]
    while stack:
        at = stack.pop()
        if isinstance(at, Scalar):
            yield at
        elif isinstance(at, Sequence):
            stack.extend(reversed(at.items))
        else:
            for entry in reversed(at.entries):
                stack += [entry.value, entry.key]


def arrange(source: str, root: Tree) -> tuple[Piece, list[Comment]]:
    """The pieces of a file with their comments, and the comment at its top that belongs to none."""
    piece = Piece(root, None, source)
    comments = find_comments(source, root)
    top = _top(comments, piece, source)
    for comment in comments[len(top) :]:
        _place(comment, piece)
    return piece, top


def _top(comments: list[Comment], root: Piece, source: str) -> list[Comment]:
    """The comments above the first key down to the last blank line."""
    above = [comment for comment in comments if comment.offset < root.start and comment.alone]
    while above:
        line_end = source.find("\n", above[-1].offset) + 1
        next_end = source.find("\n", line_end)
        if line_end and not source[line_end : next_end if next_end >= 0 else None].strip():
            break
        above.pop()
    return above


def _place(comment: Comment, within: Piece) -> None:
    """Give a comment to the piece that it stands before, beside or below."""
    before: Piece | None = None
    for item in within.items:
        if comment.offset < item.start:
            _between(comment, within, before, item)
            return
        if comment.offset < item.end:
            _inside(comment, item)
            return
        before = item
    _between(comment, within, before, None)


def _inside(comment: Comment, item: Piece) -> None:
    if item.items and comment.offset >= item.value.start:
        _place(comment, item)
    elif item.entry and comment.line == item.entry.key.line and not comment.alone and not item.tail:
        item.tail.append(comment)
    elif item.is_block and item.items:
        _place(comment, item)
    else:
        item.before.append(comment)


def _between(comment: Comment, within: Piece, before: Piece | None, following: Piece | None) -> None:
    if before and not comment.alone and comment.line == before.value.end_line and not _last_line(before).tail:
        _last_line(before).tail.append(comment)
    elif before and comment.alone and before.is_block and before.items and comment.column > before.column:
        _below(comment, before)
    elif following:
        following.before.append(comment)
    else:
        within.after.append(comment)


def _below(comment: Comment, piece: Piece) -> None:
    """Give a comment to the innermost block that it is indented for."""
    while True:
        last = piece.items[-1]
        if not (last.is_block and last.items and comment.column > last.column):
            piece.after.append(comment)
            return
        piece = last


def _last_line(piece: Piece) -> Piece:
    while piece.is_block and piece.items:
        piece = piece.items[-1]
    return piece
