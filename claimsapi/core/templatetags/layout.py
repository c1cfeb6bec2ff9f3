"""Template tags for laying out template code."""

import re
from typing import Any, Final

from django import template
from django.template.base import Node, NodeList, Parser, TextNode, Token

register = template.Library()

_LINE_BREAK: Final = re.compile(r"\s*\n\s*")


class InlineNode(Node):
    """Renders its content without the line breaks of the template code."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Any) -> Any:
        return self.nodelist.render(context)


@register.tag
def inline(parser: Parser, token: Token) -> Node:  # noqa: ARG001  Django's
    """Remove the template's own line breaks and indentation up to ``{% endinline %}``.

    Inline text can then span several lines of template code without visible spaces. Line breaks
    in the values of variables stay, and so do those in included templates.
    """
    nodelist = parser.parse(("endinline",))
    parser.delete_first_token()
    # Only text nodes hold template code: variables and tags are other nodes.
    texts: Any = nodelist.get_nodes_by_type(TextNode)
    for node in texts:
        node.s = _LINE_BREAK.sub("", node.s)
    return InlineNode(nodelist)
