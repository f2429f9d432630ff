"""Checks that a page is accessible: by all rules of axe, and in both color schemes by those of colors."""

import os
import pathlib

from waits import wait_for

SCREENSHOTS = pathlib.Path(__file__).resolve().parent / "screenshots"
SCHEMES = ("light", "dark")
#: Widths of the window of a desktop, a tablet and a telephone.
WIDTHS = (1440, 1024, 390)
HEIGHT = 900
#: Rules of axe whose result depends on colors. The elements are the same in both schemes, so each other rule is applied once.
COLOR_RULES = ("color-contrast", "link-in-text-block")

#: Ends all transitions of colors and sizes, as if their time had passed. Whether there was none; animations without an end do not count.
IS_STILL = """() => {
  const transitions = document.getAnimations().filter((one) => one instanceof CSSTransition);
  for (const one of transitions) one.finish();
  return transitions.length === 0;
}"""
SCHEME = "() => matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'"
FITS = "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
HAS_AXE = "() => self.axe !== undefined"

STRUCTURE_FAULTS = """async (rules) => {
  const { violations } = await axe.run({ resultTypes: ["violations"], rules: Object.fromEntries(rules.map((rule) => [rule, { enabled: false }])) });
  return violations.map(({ id, nodes }) => [id, nodes.slice(0, 5).map((node) => node.target)]);
}"""

# The contrast of each text takes axe more than half of its time. An element that it has passed is not checked again as long as the element and its
# ancestors have the same attributes and styles: the bars around a view, for example, or a view whose window has become narrower. An element is
# checked again if axe could not decide, since something may have covered it.
COLOR_FAULTS = """async (rules) => {
  const passed = self.passedColors ??= new WeakMap();
  const numbers = self.styleNumbers ??= new Map();
  const styles = new Map();
  const styleOf = (element) => {
    if (!element) return 0;
    if (styles.has(element)) return styles.get(element);
    const style = getComputedStyle(element);
    const attributes = [...element.attributes].map(({ name, value }) => `${name}=${value}`);
    const values = ["color", "background-color", "background-image", "opacity", "font-size", "font-weight", "text-shadow", "text-decoration", "filter",
      "mix-blend-mode", "-webkit-text-stroke"].map((name) => style.getPropertyValue(name));
    const text = JSON.stringify([styleOf(element.parentElement), element.localName, attributes, values]);
    if (!numbers.has(text)) numbers.set(text, numbers.size + 1);
    styles.set(element, numbers.get(text));
    return styles.get(element);
  };
  const hasText = (element) => element.matches("input, select, textarea") || [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  const all = [...document.querySelectorAll("body, body *")].filter((element) => hasText(element) && element.checkVisibility());
  const left = all.filter((element) => !passed.get(element)?.has(styleOf(element)));
  if (left.length === 0) return [];
  // Many parts take longer than the whole.
  const context = left.length > all.length / 2 ? document : { include: left };
  const options = { resultTypes: ["violations", "passes", "incomplete"], elementRef: true, selectors: false, runOnly: { type: "rule", values: rules } };
  const { violations, incomplete, passes } = await axe.run(context, options);
  const elements = (results) => new Set(results.flatMap(({ nodes }) => nodes.map((node) => node.element)));
  const open = elements([...violations, ...incomplete]);
  for (const element of elements(passes)) {
    if (open.has(element)) continue;
    if (!passed.has(element)) passed.set(element, new Set());
    passed.get(element).add(styleOf(element));
  }
  return violations.map(({ id, nodes }) => [id, nodes.slice(0, 5).map((node) => node.html)]);
}"""


def save_screenshot(engine, name, full_page=False):
    """Saves a screenshot to Tests/browser/screenshots, for review, if `COLLECTOR_TEST_SCREENSHOTS` is 1: each costs as much time as opening the page."""
    if os.environ.get("COLLECTOR_TEST_SCREENSHOTS") == "1":
        SCREENSHOTS.mkdir(exist_ok=True)
        engine.screenshot(str(SCREENSHOTS / f"{name}.png"), full_page=full_page)


def _faults(page, has_all_rules):
    """The violations of a page, each with its first elements."""
    from axe_playwright_python.base import AXE_SCRIPT

    if not page.evaluate(HAS_AXE):
        page.evaluate(AXE_SCRIPT)
    structure = page.evaluate(STRUCTURE_FAULTS, COLOR_RULES) if has_all_rules else []
    return structure + page.evaluate(COLOR_FAULTS, COLOR_RULES)


def check_access(chromium, name, check=None, full_page=False):
    """Checks that axe finds no violation on the page in either color scheme, after the end of its transitions. Calls `check(chromium, scheme)` in each, and
    saves a screenshot of this name (see `save_screenshot`)."""
    page = chromium.page
    # The page changes its colors once in a check, not twice.
    first = page.evaluate(SCHEME)
    for scheme in sorted(SCHEMES, key=lambda scheme: scheme != first):
        chromium.use_scheme(scheme)
        wait_for(lambda: page.evaluate(IS_STILL), 10, "the end of the transitions")
        if check:
            check(chromium, scheme)
        faults = _faults(page, has_all_rules=scheme == first)
        assert not faults, (name, scheme, page.viewport_size["width"], faults)
        save_screenshot(chromium, f"{name}-{scheme}-{page.viewport_size['width']}", full_page)


def check_widths(chromium, name, widths=WIDTHS, full_page=False):
    """Checks at each width that the page does not scroll horizontally and is accessible. The window is wide afterwards."""
    for width in widths:
        chromium.resize(width, HEIGHT)
        # Charts follow the new width a moment later.
        wait_for(lambda: chromium.evaluate(FITS), 3, f"{name} no wider than {width}")
        check_access(chromium, name, full_page=full_page)
    chromium.resize(WIDTHS[0], HEIGHT)
