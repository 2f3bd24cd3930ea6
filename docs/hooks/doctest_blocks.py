"""Shows the ``>>>`` examples of docstrings as code; Markdown would read them as quotations."""

import re

import griffe

# A first line with a prompt, and all lines up to the next empty one.
EXAMPLE = re.compile(r"^>>> .*(?:\n(?!\s*$).*)*", re.MULTILINE)


class DoctestBlocks(griffe.Extension):
    """Puts each example of a docstring between code fences."""

    def on_object(self, *, obj: griffe.Object, **_: object) -> None:
        """Changes the docstring of one module, class, function or attribute; griffe calls this for each."""
        if obj.docstring is not None:
            obj.docstring.value = fenced(obj.docstring.value)


def fenced(text: str) -> str:
    """A docstring's text with its examples between code fences."""
    return EXAMPLE.sub(lambda match: f"```python\n{match[0]}\n```", text)
