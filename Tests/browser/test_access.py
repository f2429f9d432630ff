"""The checks of accessibility find faults of each kind, in the scheme and at the width that has them."""

import pytest

from access import check_access, check_widths

PAGE = """<!doctype html><html lang="en"><title>page</title><style>
  :root { color-scheme: light dark; }
  body { color: #111; background: #fff; }
  @media (prefers-color-scheme: dark) { body { color: #eee; background: #111; } }
  p { transition: color 0.2s; }
  STYLE
</style><main><h1>Heading</h1><p>Text</p>CONTENT</main>"""
DARK = "@media (prefers-color-scheme: dark)"
NARROW = "@media (max-width: 700px)"
#: Style and content of a page, and what the error must have.
FAULTS = {
    "none": ("", "", None),
    "dark colors": (DARK + " { p { color: #333; } }", "", "'dark', 1440, [['color-contrast'"),
    "dark colors behind a text, in narrow windows": (f"{DARK} and (max-width: 700px) {{ main {{ background: #ddd; }} }}", "", "'dark', 390, [['color-contrast'"),
    "light colors": ("p { color: #ccc; }", "", "'light', 1440, [['color-contrast'"),
    "a text of narrow windows": (f"b {{ display: none; color: #bbb; }} {NARROW} {{ b {{ display: block; }} }}", "<b>Text</b>", "'light', 390, [['color-contrast'"),
    "no label": ("", "<input>", "'light', 1440, [['label'"),
    "no label in narrow windows": (f"input {{ display: none; }} {NARROW} {{ input {{ display: block; }} }}", "<input>", "'light', 390, [['label'"),
    "no label in dark colors at first": ("", "<input>", "'dark', 1440, [['label'"),
}


def show(chromium, style, content, scheme="light"):
    chromium.new_page(color_scheme=scheme)
    chromium.page.set_content(PAGE.replace("STYLE", style).replace("CONTENT", content))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(chromium, fault):
    style, content, found = FAULTS[fault]
    show(chromium, style, content, "dark" if fault.endswith("at first") else "light")
    if not found:
        check_widths(chromium, "page")
        return
    with pytest.raises(AssertionError) as error:
        check_widths(chromium, "page")
    assert found in str(error.value)


#: Changes of a text that had a style, and of one that was empty.
CHANGES = {
    "its color": "text.style.color = '#999'",
    "its class": "text.className = 'pale'",
    "the opacity of its parent": "text.parentElement.style.opacity = 0.3",
    "the background of its parent": "text.parentElement.style.background = '#777'",
    "an empty one": "text.nextElementSibling.append('Text')",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_text_is_checked_again_after_a_change(chromium, change):
    show(chromium, ".pale { color: #999; }", "<p class=pale></p>")
    check_access(chromium, "page")
    chromium.evaluate(f"() => {{ const text = document.querySelector('p'); {CHANGES[change]}; }}")
    with pytest.raises(AssertionError):
        check_access(chromium, "page")
