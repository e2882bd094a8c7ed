"""Phrases that no text of the project uses (../shared/design/english.md), and the search for them in Python sources"""

from __future__ import annotations

import ast
import io
import re
import tokenize

ODD = re.compile(
    # Archaisms.
    r"\b(borne out|hence|thereof|lest|be it|held against|in truth|so many calls|of a while)\b"
    # Personified machinery.
    r"|\b(told apart|tells? (them )?apart|is told|are told|hears? of|heard of|speaks? of|tells? of|let go of)\b"
    r"|\b(goes on|go on with|stands in it|rests? on|knows of)\b"
    # A person for the machine or the caller.
    r"|\b(whoever|nobody|who (writes|calls|asks|reads|waits|files)) "
    # A clause as the subject of a sentence.
    r"|(^|\. )(what|who|how) (a|an|the|is|was|it|has|may) [^?]*$",
    re.IGNORECASE,
)


ODD_IN_DOCUMENT = re.compile(
    # Archaisms and personified machinery.
    r"borne out|held against|told apart|too few claims to say|passed? on from|through time|known since|in truth"
    r"|rests? on\b|a circle|merge of a merge|who (writes|calls|asks|may|does|files|disputes|reads)\b|whoever|is told"
    r"|said to be|meanwhile|for good\b|heard of|nobody|somebody|on record already|put on record|so many|hence\b"
    r"|thereof|\blest\b|\bbe it\b|goes? on\b|stands? (in|on|for)\b|\blets? \w+ in\b"
    # Broken words, and clauses as subjects.
    r"|\w- \w|^(get|say|tell) (how|what|which|whether|that)\b|(^|[.:] )(what|who|how|where) [^?]*$",
    re.IGNORECASE | re.MULTILINE,
)
"""Phrases that the API document and the explanations of problems do not use either, being short texts for strangers."""


def odd_phrase(text: str) -> str | None:
    """Return the first odd phrase in a text; None if it has none."""
    found = ODD.search(" ".join(text.split()))
    return found and found[0].strip()[:60]


def document_texts(part, where="document"):
    """Yield every text of the API document with its place; examples are data."""
    if isinstance(part, dict):
        for name, each in part.items():
            if isinstance(each, str) and name in ("title", "summary", "description"):
                yield f"{where}/{name}", each
            elif name != "example":
                yield from document_texts(each, f"{where}/{name}")
    elif isinstance(part, list):
        for index, each in enumerate(part):
            yield from document_texts(each, f"{where}/{index}")


def texts_of(source: str) -> list[str]:
    """Return what people read in a Python source: docstrings, comments, log events and messages of exceptions."""
    tree = ast.parse(source)
    texts = [node.value.value for node in ast.walk(tree) if _is_docstring(node)]
    texts += [
        argument.value
        for node in ast.walk(tree)
        if _is_message(node)
        for argument in node.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return texts + [token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT]


def _is_docstring(node: ast.AST) -> bool:
    """Return whether a node is a string that stands alone, as the docstring of what is around or before it."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_message(node: ast.AST) -> bool:
    """Return whether a node logs an event or creates an exception."""
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    if isinstance(function, ast.Attribute):
        return isinstance(function.value, ast.Name) and function.value.id in ("log", "errors")
    return isinstance(function, ast.Name) and function.id[:1].isupper()
