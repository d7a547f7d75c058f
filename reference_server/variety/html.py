"""Variations in the HTML of pages. Source of all: HTML Living Standard, writing documents."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from reference_server.variety.markup import Attribute, Tag, read, write
from reference_server.variety.variation import Variation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from random import Random

    from reference_server.variety.markup import Token

VOID = frozenset({"base", "br", "hr", "link", "meta"})
OTHER_MARKUP = "simple-api#simple-repository-html-project-detail"


class HtmlVariation(Variation):
    """Base of variations that rewrite the tags and texts of pages in HTML."""

    def rendered(self, body: bytes) -> bytes:
        return write(self.markup(read(body))) if body.startswith(b"<") else body

    def markup(self, tokens: list[Token]) -> Iterable[Token]:
        """Return the varied page."""
        chance = self.chance()
        return [self.tag(each, chance) if isinstance(each, Tag) else self.text(each) for each in tokens]

    def tag(self, tag: Tag, chance: Random) -> Tag:
        """Return the varied tag."""
        del chance
        return tag

    def text(self, text: str) -> str:
        """Return the varied text, comment or doctype."""
        return text


class AnchorLayout(HtmlVariation):
    """Puts anchors into a list, a table or paragraphs, or all on one line."""

    source = OTHER_MARKUP
    left_open = "A page may have any other elements beside the anchors."
    options = ("list", "table", "paragraphs", "one line")
    around: ClassVar[dict[str, tuple[str, tuple[str, ...]]]] = {
        "list": ("ul", ("li",)),
        "table": ("table", ("tr", "td")),
        "paragraphs": ("div", ("p",)),
        "one line": ("div", ()),
    }
    """The element around all anchors, and those around each of them."""

    def markup(self, tokens: list[Token]) -> Iterable[Token]:
        anchors = [at for at, each in enumerate(tokens) if isinstance(each, Tag) and each.opens("a")]
        if not anchors:
            return tokens
        outer, inner = self.around[self.option]
        end = next(at for at, each in enumerate(tokens[anchors[-1] :]) if _closes(each, "a")) + anchors[-1]
        return [
            *tokens[: anchors[0]],
            Tag(outer),
            *self._rows(tokens[anchors[0] : end + 1], inner),
            Tag(outer, closing=True),
            *(each for each in tokens[end + 1 :] if not (isinstance(each, Tag) and each.opens("br"))),
        ]

    @staticmethod
    def _rows(tokens: list[Token], elements: tuple[str, ...]) -> Iterator[Token]:
        for each in tokens:
            if isinstance(each, Tag) and each.opens("br"):
                continue
            if isinstance(each, Tag) and each.opens("a"):
                yield from (Tag(name) for name in elements)
            yield each
            if _closes(each, "a"):
                yield from (Tag(name, closing=True) for name in reversed(elements))


class ExtraMarkup(HtmlVariation):
    """Adds a header, a footer and some text around the anchors."""

    source = OTHER_MARKUP
    left_open = "A page may have any other elements beside the anchors."

    def markup(self, tokens: list[Token]) -> Iterable[Token]:
        for each in tokens:
            if _closes(each, "body"):
                yield from read(b"<footer><p>This is <em>not</em> a project: name-1.0.tar.gz</p></footer>")
            yield each
            if isinstance(each, Tag) and each.opens("body"):
                yield from read("<header><p>Registry of caf&eacute;s — 2 &gt; 1</p></header>".encode())


class NoHeading(HtmlVariation):
    """Omits the heading and changes the title."""

    source = OTHER_MARKUP
    left_open = "Titles and headings are unspecified."

    def markup(self, tokens: list[Token]) -> Iterable[Token]:
        inside = ""
        for each in tokens:
            if isinstance(each, Tag) and each.name.lower() in {"title", "h1"}:
                inside = "" if each.closing else each.name.lower()
                yield from [each] if each.name.lower() == "title" else []
            elif inside == "title":
                yield "Packages"
            elif not inside:
                yield each


class FurtherMetas(HtmlVariation):
    """Adds elements to the head, one of them a meta with another version."""

    source = OTHER_MARKUP
    left_open = "A page may have any other elements, in its head as well."
    further = (
        b'<meta name="generator" content="a registry"><meta name="robots" content="noindex">'
        b'<meta name="version" content="99.0"><link rel="icon" href="data:,">'
    )

    def markup(self, tokens: list[Token]) -> Iterable[Token]:
        for each in tokens:
            if isinstance(each, Tag) and each.opens("title"):
                yield from read(self.further)
            yield each


class CharsetDeclared(HtmlVariation):
    """Declares the charset in the old way, or in the header field alone."""

    source = "html#charset"
    left_open = "The charset is declared by the header field or a meta element, in one of two ways."
    options = ("http-equiv", "header only")

    def markup(self, tokens: list[Token]) -> Iterable[Token]:
        older = Tag(
            "meta",
            (Attribute("http-equiv", "Content-Type"), Attribute("content", "text/html; charset=utf-8")),
        )
        for each in tokens:
            if not (isinstance(each, Tag) and each.opens("meta") and each.value("charset")):
                yield each
            elif self.option == "http-equiv":
                yield older


class FurtherAttributes(HtmlVariation):
    """Adds attributes to anchors and other elements."""

    source = OTHER_MARKUP
    left_open = "Anchors have the attributes of HTML, and data-* attributes are free to use."

    def tag(self, tag: Tag, chance: Random) -> Tag:
        further = {
            "a": ("class", "rel", "title", "data-downloads", "data-index"),
            "body": ("class", "data-page"),
        }
        names = () if tag.closing else further.get(tag.name.lower(), ())
        values = {"rel": "internal nofollow", "title": "3 &gt; 2, isn&#39;t it?"}
        chosen = tuple(Attribute(name, values.get(name, "x")) for name in names if chance.random() < 0.7)
        return replace(tag, attributes=(*chosen[:2], *tag.attributes, *chosen[2:]))


class FeaturesLeftOut(HtmlVariation):
    """Leaves out of HTML a feature that JSON has."""

    source = "simple-api#versioning"
    left_open = "A feature may be present in only one of the forms."
    options = ("yanks", "metadata", "provenance")
    attributes: ClassVar[dict[str, tuple[str, ...]]] = {
        "yanks": ("data-yanked",),
        "metadata": ("data-core-metadata", "data-dist-info-metadata"),
        "provenance": ("data-provenance",),
    }

    def tag(self, tag: Tag, chance: Random) -> Tag:
        del chance
        left_out = self.attributes[self.option]
        return replace(tag, attributes=tuple(each for each in tag.attributes if each.name not in left_out))


class Comments(HtmlVariation):
    """Adds comments, some of them with an anchor inside."""

    source = "html#comments"
    left_open = "A comment may contain any text and may be placed wherever text may."
    options = ("plain", "with an anchor")

    def markup(self, tokens: list[Token]) -> Iterable[Token]:
        anchor = '<a href="old-1.0.zip">old-1.0.zip</a>'
        words = {"plain": "<!-- größer > kleiner -->", "with an anchor": f"<!-- {anchor} -->"}
        for each in tokens:
            if (isinstance(each, Tag) and each.opens("a")) or _closes(each, "body"):
                yield words[self.option]
            yield each


class AttributeOrder(HtmlVariation):
    """Writes the attributes of a tag in another order."""

    source = "html#attributes-2"
    left_open = "The order of attributes has no meaning."

    def tag(self, tag: Tag, chance: Random) -> Tag:
        return replace(tag, attributes=tuple(chance.sample(tag.attributes, len(tag.attributes))))


class Quotes(HtmlVariation):
    """Puts some or all attributes into single quotes."""

    source = "html#attributes-2"
    left_open = "An attribute's value may be in double or single quotes."
    options = ("single", "mixed")

    def tag(self, tag: Tag, chance: Random) -> Tag:
        def quoted(each: Attribute) -> Attribute:
            single = (
                each.quote and "'" not in each.value and (self.option == "single" or chance.random() < 0.5)
            )
            return replace(each, quote="'") if single else each

        return replace(tag, attributes=tuple(map(quoted, tag.attributes)))


class TagSpace(HtmlVariation):
    """Changes the white space inside tags."""

    source = "html#start-tags"
    left_open = "White space separates attributes, and may surround `=` and precede the end of a tag."
    options = ("lines", "around =", "before the end", "mixed")

    def tag(self, tag: Tag, chance: Random) -> Tag:
        kinds = self.options[:3] if self.option == "mixed" else (self.option,)

        def spaced(each: Attribute) -> Attribute:
            kind = chance.choice(kinds)
            before = chance.choice(("\n      ", "\t", "  ")) if kind == "lines" else each.before
            equals = chance.choice((" = ", " =", "= ")) if kind == "around =" and each.equals else each.equals
            return replace(each, before=before, equals=equals)

        ends = chance.choice(kinds) == "before the end" and not tag.end[:1].isspace()
        end = chance.choice((" ", "\n")) + tag.end if ends else tag.end
        return replace(tag, attributes=tuple(map(spaced, tag.attributes)), end=end)


class LetterCase(HtmlVariation):
    """Changes the letter case of tags and attributes, except for anchors and the base."""

    source = "html#elements-2"
    left_open = "The names of elements and attributes are case-insensitive."
    options = ("capitals", "mixed")

    def tag(self, tag: Tag, chance: Random) -> Tag:
        def respelled(name: str) -> str:
            if self.option == "capitals":
                return name.upper()
            return "".join(chance.choice((letter.lower(), letter.upper())) for letter in name)

        if tag.name in {"a", "base"}:
            return tag
        attributes = (replace(each, name=respelled(each.name)) for each in tag.attributes)
        return replace(tag, name=respelled(tag.name), attributes=tuple(attributes))


class Doctype(HtmlVariation):
    """Writes the doctype in another way, or after a comment."""

    source = "html#the-doctype"
    left_open = "A doctype is case-insensitive, may be the legacy one, and may follow comments."
    options = ("small", "legacy", "spaced", "behind a comment")
    written: ClassVar[dict[str, str]] = {
        "small": "<!doctype html>",
        "legacy": '<!DOCTYPE html SYSTEM "about:legacy-compat">',
        "spaced": "<!DocType   HTML >",
        "behind a comment": "<!-- first of all -->\n<!DOCTYPE html>",
    }

    def text(self, text: str) -> str:
        return self.written[self.option] if text.lower().startswith("<!doctype") else text


class VoidSlash(HtmlVariation):
    """Ends void elements with a slash."""

    source = "html#start-tags"
    left_open = "The start tag of a void element may end with a slash."
    options = (" />", "/>")

    def tag(self, tag: Tag, chance: Random) -> Tag:
        del chance
        return replace(tag, end=self.option) if tag.name.lower() in VOID else tag


class Entities(HtmlVariation):
    """Writes characters of links and their texts as character references."""

    source = "html#character-references"
    left_open = "A character reference may stand for any character, in text and in attributes."
    options = ("hexadecimal", "decimal", "named", "capital hexadecimal")
    named: ClassVar[dict[str, str]] = {"/": "sol", ".": "period", "_": "lowbar", "=": "equals", "#": "num"}

    def markup(self, tokens: list[Token]) -> Iterable[Token]:
        inside, chance = False, self.chance()
        for each in tokens:
            if isinstance(each, Tag) and each.name.lower() == "a":
                inside = not each.closing
                yield each.with_value("href", self._referred(each.value("href"), chance))
            else:
                is_text = inside and isinstance(each, str) and not each.startswith("<")
                yield self._referred(str(each), chance) if is_text else each

    def _referred(self, text: str, chance: Random) -> str:
        def reference(match: re.Match[str]) -> str:
            character = match[0]
            if character.startswith("&") or chance.random() < 0.3:
                return character
            forms = {"hexadecimal": f"#x{ord(character):x}", "decimal": f"#{ord(character)}"}
            forms |= {"capital hexadecimal": f"#X{ord(character):04X}", "named": self.named[character]}
            return f"&{forms[self.option]};"

        return re.sub(r"&[^;]+;|[/._=#]", reference, text)


class TagsLeftOut(HtmlVariation):
    """Omits the optional tags."""

    source = "html#optional-tags"
    left_open = "Some tags may be omitted where the element's start or end is clear without them."
    omitted: ClassVar[tuple[Tag, ...]] = (
        *(Tag(name, closing=True) for name in ("html", "head", "body", "li", "tr", "td", "p")),
        Tag("head"),
    )

    def markup(self, tokens: list[Token]) -> Iterable[Token]:
        left_out = False
        for at, each in enumerate(tokens):
            if left_out and isinstance(each, str) and not each.strip():
                continue  # after `</head>` white space would count as the body's
            following = next((str(one) for one in tokens[at + 1 :] if str(one).strip()), "")
            left_out = isinstance(each, Tag) and self._needless(each, following)
            if not left_out:
                yield each

    def _needless(self, tag: Tag, following: str) -> bool:
        plain = Tag(tag.name.lower(), closing=tag.closing)
        if tag.attributes or following.startswith("<!--"):
            return False
        follows_p = re.match(r"</|<(div|dl|footer|header|ol|p|table|ul)\b", following, re.IGNORECASE)
        return plain in self.omitted and (plain.name != "p" or bool(follows_p))


class TextSpace(HtmlVariation):
    """Removes the white space between tags, or changes line endings."""

    source = "html#newlines"
    left_open = "White space between elements has no meaning; lines end with CR LF, CR or LF."
    options = ("none", "CR LF", "blank lines")

    def text(self, text: str) -> str:
        if text.strip():
            return text
        return {"none": "", "CR LF": text.replace("\n", "\r\n"), "blank lines": f"{text}\n\n\t"}[self.option]


class ByteOrderMark(Variation):
    """Begins pages with a byte order mark. Must be applied last."""

    source = "html#writing"
    left_open = "A document may begin with a byte order mark."

    def rendered(self, body: bytes) -> bytes:
        return b"\xef\xbb\xbf" + body if body.startswith(b"<") else body


def _closes(token: Token, name: str) -> bool:
    return isinstance(token, Tag) and token.closes(name)
