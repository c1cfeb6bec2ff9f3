"""How the templates of the public pages are laid out."""

import re
from typing import Any, Final

from django import template
from django.template.base import Node, NodeList, Parser, TextNode, Token

register = template.Library()

_LAYOUT: Final = re.compile(r"\s*\n\s*")


class _Inline(Node):
    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Any) -> Any:
        return self.nodelist.render(context)


@register.tag
def inline(parser: Parser, token: Token) -> Node:  # noqa: ARG001  Django's
    """One line of text, written in several: where a line of the template ends, nothing stands.

    What is filled in keeps its own line ends.
    """
    nodelist = parser.parse(("endinline",))
    parser.delete_first_token()
    texts: Any = nodelist.get_nodes_by_type(TextNode)
    for node in texts:
        node.s = _LAYOUT.sub("", node.s)
    return _Inline(nodelist)
