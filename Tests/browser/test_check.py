"""`collector check`: budgets for CI, with the figures of the owner's page."""

import itertools
import json

import pytest

from insight import ENVIRONMENT, report, send, settle, visit_events
from program import run

RANGE = {"range": "24h", "site": "shop.example"}
#: Events of one request.
BATCH = 500
BUDGETS = "LCP.p50<=9000,LCP.p75<=9000,LCP.p95<=9000,INP.p75<=9000,CLS.p75<=9,FCP.p75<=9000,TTFB.p95<=9000,error_rate<=90%,bounce_rate<=100%"


def check(store, *words):
    return run("check", *words, "--data", store.folder / "data", folder=store.folder, environment=store.environment)


def checked(store, *words):
    """The exit code, and the results as JSON."""
    result = check(store, *words, "--json")
    assert result.returncode in (0, 1, 3), result
    return result.returncode, json.loads(result.stdout)


def single(store, budget, *words):
    """The result of one budget over a day without a smallest number of samples."""
    code, found = checked(store, "--site", "shop.example", "--range", "24h", "--min-samples", "1", "--budget", budget, *words)
    (result,) = found["budgets"]
    return code, result["outcome"], result


def fill(port, releases):
    """Visits of each release with LCP values from its range, and an error in each tenth."""
    error = {"kind": "error", "name": "TypeError", "message": "x is not a function", "count": 1}
    visits = [
        visit_events(f"/{'abc'[number % 3]}", lcp=values[number % len(values)], error=error if number % 10 == 0 else None, extra={"release": name})
        for name, values, count in releases
        for number in range(count)
    ]
    events = list(itertools.chain.from_iterable(visits))
    return sum(send(port, events[start : start + BATCH]) for start in range(0, len(events), BATCH))


@pytest.fixture
def filled(store, serve):
    """A server with 120 page views of release 1 and 300 of release 2, which is slower."""
    server = serve(store, environment=ENVIRONMENT)
    events = fill(server.port, [("1", range(1000, 2000, 10), 120), ("2", range(2000, 4000, 10), 300)])
    events += send(server.port, visit_events("/", site="other.example", lcp=50))
    events += send(server.port, visit_events("/", lcp=50), "Googlebot/2.1 (+http://www.google.com/bot.html)")
    settle(server.port, events)
    return server


@pytest.mark.parametrize("release", ["1", "2"])
def test_figures_are_those_of_the_page(store, filled, release):
    query = RANGE | {"filters": json.dumps([["is", "release", [release]]]), "compare": "none"}
    totals = report(filled.port, "overview", **query)["totals"]
    metrics = report(filled.port, "performance", **query)["metrics"]
    code, found = checked(store, "--site", "shop.example", "--range", "24h", "--release", release, "--budget", BUDGETS)
    assert (code, found["conclusion"]) == (0, "pass")
    assert found["pageviews"] == totals["pageviews"]
    for result in found["budgets"]:
        assert result["lower"] is None or result["lower"] <= result["value"], result
        assert result["upper"] is None or result["value"] <= result["upper"], result
        vital, _, percentile = result["metric"].partition(".")
        if percentile:
            figures = metrics[vital.lower()]["figures"]
            # The API rounds to milliseconds, for CLS to thousandths.
            assert result["value"] == pytest.approx(figures[percentile], abs=0.00051 if vital == "CLS" else 0.51)
            assert result["samples"] == figures["count"]
        elif vital == "error_rate":
            assert result["value"] * 10 == pytest.approx(totals["errors_per_1000_pageviews"], abs=0.01)
            assert result["samples"] == totals["pageviews"]
        else:
            assert result["value"] / 100 == pytest.approx(totals["bounce_rate"], abs=0.0001)
            assert result["samples"] == totals["sessions"]


def test_results_and_exit_codes(store, filled):
    (_, _, figure) = single(store, "LCP.p75<=9000")
    lower, value, upper = figure["lower"], figure["value"], figure["upper"]
    assert lower < value < upper
    assert single(store, f"LCP.p75<={upper + 1}")[:2] == single(store, f"LCP.p75<={upper + 1}", "--strict")[:2] == (0, "pass")
    assert single(store, f"LCP.p75<={lower - 1}")[:2] == (1, "fail")
    above, below = (value + upper) / 2, (value + lower) / 2
    assert single(store, f"LCP.p75<={above}")[:2] == (0, "pass")
    assert single(store, f"LCP.p75<={above}", "--strict")[:2] == (3, "uncertain")
    assert single(store, f"LCP.p75<={below}")[:2] == (3, "uncertain")
    assert single(store, f"LCP.p75<={below}", "--strict")[:2] == (1, "fail")
    assert single(store, "LCP.p75<=1", "--min-samples", "500")[:2] == (3, "not_enough_data")
    assert single(store, "LCP.p75<=1", "--min-samples", "420")[:2] == (1, "fail")


def test_filters_and_ranges_select_page_views(store, filled):
    def samples(*words):
        return single(store, "LCP.p75<=9000", *words)[2]["samples"]

    assert samples() == 420
    assert samples("--filter", "path=/a") == samples("--filter", "path=/b") == samples("--filter", "path!=/a", "--filter", "path!=/b") == 140
    assert samples("--release", "1", "--filter", "path=/a") == 40
    _, found = checked(store, "--budget", "LCP.p75<=9000")
    assert (found["site"], found["pageviews"]) == (None, 421)
    _, found = checked(store, "--budget", "LCP.p75<=9000", "--from", "2020-01-01", "--to", "2020-01-31", "--zone", "Europe/Berlin")
    assert (found["pageviews"], found["to"] - found["from"]) == (0, 31 * 86400)


def test_two_releases_are_compared(store, filled):
    words = ("--site", "shop.example", "--range", "24h", "--release", "2", "--compare", "1")
    code, found = checked(store, *words)
    figures = {figure["metric"]: figure for figure in found["comparison"]["figures"]}
    assert code == 0 and found["comparison"]["pageviews"] == 120
    slower = figures["LCP.p75"]
    assert slower["outcome"] == "worse"
    assert slower["difference"] == pytest.approx(slower["value"] - slower["before"]["value"], abs=0.02)
    assert 0 < slower["difference_lower"] < slower["difference"] < slower["difference_upper"]
    assert figures["error_rate"]["outcome"] == "unclear"
    result = check(store, *words, "--budget", "LCP.p75<=1000")
    assert result.returncode == 1
    assert "fail             LCP.p75 " in result.stdout and "Compared with release 1, 120 page views:" in result.stdout


def test_a_misspelled_site_has_not_enough_data_and_a_suggestion(store, filled):
    result = check(store, "--site", "shop.exmple", "--budget", "LCP.p75<=1")
    assert result.returncode == 3
    assert "no value" in result.stdout
    assert "did you mean 'shop.example'?" in result.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "missing --budget"),
        (("--budget", "LCP<=2500"), "such as LCP.p75"),
        (("--budget", "error_rate<=0.5"), "such as 0.5%"),
        (("--budget", "LCP.p75<=1", "--filter", "device"), "DIMENSION=VALUE"),
        (("--budget", "LCP.p75<=1", "--range", "7d", "--from", "2026-01-01"), "range cannot be combined"),
        (("--budget", "LCP.p75<=1", "--zone", "Mars"), "IANA time zone"),
        (("--budget", "LCP.p75<=1"), "no database at"),
    ],
)
@pytest.mark.empty_store
def test_an_error_is_never_the_code_of_an_exceeded_budget(sqlite, words, message):
    result = check(sqlite, *words)
    assert (result.returncode, result.stdout) == (2, "")
    assert message in result.stderr
    assert not sqlite.path.exists()


def test_a_bad_setting_is_never_the_code_of_an_exceeded_budget(sqlite):
    sqlite.environment["DB_URL"] = "postgres://127.0.0.1:1/none"
    assert check(sqlite, "--budget", "LCP.p75<=1").returncode == 2
    sqlite.environment["DB_URL"] = "nonsense://"
    assert check(sqlite, "--budget", "LCP.p75<=1").returncode == 2
