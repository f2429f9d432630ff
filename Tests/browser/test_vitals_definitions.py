"""The reference implementation of vitals, on entries given here."""

import pathlib
import sys

import pytest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "vitals"))

from definitions import NOTHING, UNSUPPORTED, Document

SUPPORTED = ["event", "first-input", "paint", "largest-contentful-paint", "layout-shift", "long-animation-frame", "soft-navigation"]
URL = "http://127.0.0.1/fixture/page"


def views(*lines, hidden=False, supported=SUPPORTED, interactions=0, **navigation):
    started = {"url": URL, "origin": 1, "hidden": hidden, "prerendering": False, "supported": supported, "hasInteractionIds": True}
    sent = {"resources": {}, "interactions": interactions, "type": "navigate", "responseStart": 10, "activationStart": 0} | navigation
    return Document([["started", started], *lines, ["sent", sent]]).page_views()


def entry(kind, start, duration=0, **values):
    return ["entry", {"entryType": kind, "name": "", "startTime": start, "duration": duration, **values}]


def painted(time=100):
    return ["entry", entry("paint", time)[1] | {"name": "first-contentful-paint"}]


def shift(time, value, had_input=False):
    source = {"isElement": True, "target": [["div", f"at{time}", []]]}
    return entry("layout-shift", time, value=value, hadRecentInput=had_input, sources=[source])


def event(time, duration, id, start, end, target=(), name="click"):
    return ["entry", entry("event", time, duration)[1] | {"name": name, "interactionId": id, "processingStart": start, "processingEnd": end, "target": [[one, "", []] for one in target]}]


def largest(time, size, name="p", url=""):
    return entry("largest-contentful-paint", time, size=size, url=url, id="", target=[[name, "", []]], resource=None)


def test_shifts_are_summed_within_a_window_and_the_worst_window_counts():
    (view,) = views(painted(), shift(200, 0.1), shift(1100, 0.1), shift(2101, 0.15), shift(2200, 0.2, had_input=True))
    assert view.values["CLS"] == pytest.approx(0.2)


def test_a_window_ends_after_five_seconds():
    (view,) = views(painted(), *[shift(200 + 900 * index, 0.1) for index in range(7)])
    assert view.values["CLS"] == pytest.approx(0.6)


def test_a_page_that_was_hidden_before_its_first_paint_has_no_paints_and_no_shifts():
    (view,) = views(painted(), largest(100, 5), shift(200, 0.1), hidden=True)
    assert (view.values["FCP"], view.values["LCP"], view.values["CLS"]) == (NOTHING, NOTHING, NOTHING)
    assert view.values["TTFB"] == 10


def test_unreported_vitals_are_unsupported_rather_than_zero():
    (view,) = views(painted(), supported=["paint", "navigation"])
    assert (view.values["LCP"], view.values["CLS"], view.values["INP"]) == (UNSUPPORTED,) * 3


@pytest.mark.parametrize(("interactions", "expected"), [(3, 304), (49, 304), (50, 208), (118, 128), (500, 128)])
def test_one_of_fifty_interactions_is_ignored(interactions, expected):
    clicks = [event(1000 * id, duration, id, 1000 * id + 1, 1000 * id + duration - 4) for id, duration in enumerate((304, 208, 128), 1)]
    (view,) = views(*clicks, interactions=interactions)
    assert view.values["INP"] == expected


def test_all_handlers_of_a_frame_are_processing_and_any_event_of_the_interaction_names_its_target():
    press = event(1000, 168, 7, 1002, 1002, name="pointerdown")
    click = event(1008, 160, 7, 1009, 1165, target=("button", "body"))
    (view,) = views(press, click, interactions=1)
    parts = [view.values[f"INP.{name}"] for name in ("inputDelay", "processingDuration", "presentationDelay")]
    assert parts == [2, 163, 3]
    assert view.values["INP.interactionTarget"][0][0] == "button"


def test_processing_does_not_last_longer_than_the_interaction():
    (view,) = views(event(1000, 128, 7, 1000, 1130), interactions=1)
    assert view.values["INP.processingDuration"] == 128 and view.values["INP.presentationDelay"] == 0


def test_the_larger_paint_of_a_frame_wins_in_any_order():
    (view,) = views(painted(), largest(100, 900, "h1"), largest(100, 50, "p"))
    assert view.values["LCP.target"][0][0] == "h1"


def test_the_parts_of_the_largest_paint_are_its_value():
    (view,) = views(painted(), largest(700, 900, "img", "http://127.0.0.1/hero.png"), resources={"http://127.0.0.1/hero.png": {"startTime": 40, "requestStart": 60, "responseEnd": 600}})
    parts = [view.values[f"LCP.{name}"] for name in ("timeToFirstByte", "resourceLoadDelay", "resourceLoadDuration", "elementRenderDelay")]
    assert parts == [10, 50, 540, 100] and sum(parts) == view.values["LCP"]


def test_an_interaction_belongs_to_the_page_view_in_which_it_began():
    route = ["route", {"time": 1150, "url": "http://127.0.0.1/fixture/next", "interactions": 1}]
    load, next_view = views(event(1000, 200, 7, 1001, 1160), route, interactions=1)
    assert load.values["INP"] == 200
    assert (next_view.kind, next_view.values["INP"], next_view.values["TTFB"]) == ("route", NOTHING, NOTHING)


def test_a_query_change_starts_a_view_only_with_a_soft_navigation():
    url = URL + "?page=2"
    route = ["route", {"time": 1050, "url": url, "interactions": 1}]
    soft = ["entry", entry("soft-navigation", 1000, 80)[1] | {"name": url, "interactionId": 7, "paintTime": 1080, "largest": None}]
    assert [view.kind for view in views(route)] == ["navigate"]
    assert [(view.kind, view.values["FCP"]) for view in views(route, soft)[1:]] == [("soft-navigation", 80)]
