"""Boards as other programs read them: Markdown, and pages of HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from markdown_it.token import Token

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def text_of(inline: Token) -> str:
    """What a reader sees of an inline token that holds no mark-up but bold."""
    children = inline.children or []
    assert {child.type for child in children} <= {"text", "text_special", "strong_open", "strong_close", "em_open",
                                                  "em_close", "softbreak"}  # fmt: skip
    return "".join(child.content for child in children)


def tables(markdown: str) -> list[list[list[str]]]:
    """The tables of a Markdown text as another program reads them: rows of cells."""
    found: list[list[list[str]]] = []
    for token, inside in zip(tokens := MARKDOWN.parse(markdown), [*tokens[1:], None], strict=True):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append([])
        elif token.type in ("td_open", "th_open") and inside is not None:
            found[-1][-1].append(text_of(inside))
    return found


def without_margin(row: list[str]) -> list[str]:
    """Cells without their `±0.12`."""
    return [re.sub("\u202f±[0-9.]+", "", cell) for cell in row]


def list_items(markdown: str) -> list[str]:
    """The lines of its bullet lists."""
    tokens = MARKDOWN.parse(markdown)
    return [text_of(tokens[i + 2]) for i, token in enumerate(tokens) if token.type == "list_item_open"]


def seen(text: str) -> str:
    """A text as one line."""
    return " ".join(text.split())


VOID = {"meta", "link", "input", "img", "br", "wbr"}


class Page(HTMLParser):
    """A page as another program reads it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.broken = False
        self.hidden: list[bool] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[tuple[str, ...], str]] = []
        self.boxes: list[tuple[str, dict[str, str], list[str]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> repeats an attribute: {names}"
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self.broken = tag == "wbr"
        if tag not in VOID:
            self.open.append(tag)
            self.hidden.append("hidden" in names)
        if tag in ("th", "td"):
            self.boxes.append((tag, self.tags[-1][1], []))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag
        self.hidden.pop()
        self.broken = False

    def handle_data(self, data: str) -> None:
        if not data.strip():
            return
        in_cell = bool(self.boxes and {"th", "td"} & set(self.open) and not any(self.hidden))
        if self.broken:  # the word goes on
            data, self.broken = self.texts.pop()[1] + data, False
            if in_cell:
                self.boxes[-1][2].pop()
        self.texts.append((tuple(self.open), data))
        if in_cell:
            self.boxes[-1][2].append(f"**{data}**" if "strong" in self.open else data)

    def inside(self, tag: str) -> list[str]:
        """The texts inside such elements."""
        return [text for path, text in self.texts if tag in path]

    def cells(self, tag: str) -> list[tuple[dict[str, str], str]]:
        """The attributes and the text of all cells `th` or `td`, with ** around what is bold, without what is hidden."""
        return [(attributes, " ".join(texts)) for name, attributes, texts in self.boxes if name == tag]

    def all(self, tag: str) -> list[dict[str, str]]:
        """The attributes of all elements of that name."""
        return [attributes for name, attributes in self.tags if name == tag]


def pages(files: dict[str, bytes]) -> dict[str, Page]:
    """The pages among the files, parsed; each must be well formed."""
    found = {path: Page(content.decode()) for path, content in files.items() if path.endswith(".html")}
    for path, page in found.items():
        assert page.open == [], f"{path} leaves {page.open} open"
    return found
