"""`GET /agent`: the server's analysis of the request's user agent."""

import json

from wire import get

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"


def agent(site, text, *hints):
    answer = get(site.port, "/agent", [("User-Agent", text), *hints])
    assert answer.status == 200
    assert answer.field("Content-Type") == "application/json"
    assert answer.field("Cache-Control") == "no-store"
    assert {"User-Agent", "Sec-CH-UA-Platform-Version"} <= set(answer.field("Vary").split(", "))
    return json.loads(answer.body)


def test_the_response_names_the_browser_of_the_request(site):
    assert agent(site, CHROME) == {
        "browser": {"name": "Chrome", "version": 142},
        "system": {"name": "Windows", "version": "10 or later"},
        "device": "Desktop",
        "bot_reasons": [],
    }


def test_client_hints_override_a_less_specific_user_agent(site):
    hints = [
        ("Sec-CH-UA", '"Not\\"A;Brand";v="99", "Chromium";v="142", "Brave";v="142"'),
        ("Sec-CH-UA-Platform", '"Windows"'),
        ("Sec-CH-UA-Platform-Version", '"15.0.0"'),
    ]
    found = agent(site, CHROME, *hints)
    assert (found["browser"]["name"], found["system"]) == ("Brave", {"name": "Windows", "version": "11"})


def test_malformed_client_hints_are_ignored(site):
    plain = agent(site, CHROME)
    for value in ('"', '"""', '";"=', "\\", '"\\', '=' * 200, '"x" ' * 500):
        fields = [("Sec-CH-UA", value), ("Sec-CH-UA-Platform", value), ("Sec-CH-UA-Platform-Version", value)]
        assert agent(site, CHROME, *fields) == plain, value


def test_a_bot_is_classified_with_reasons(site):
    assert agent(site, "curl/8.5.0")["bot_reasons"] == ["bot user agent"]
    assert json.loads(get(site.port, "/agent").body)["bot_reasons"] == ["no user agent"]


def test_the_page_asks_browsers_for_the_hints_that_it_needs(site):
    assert get(site.port, "/").field("Accept-CH") == "Sec-CH-UA-Platform-Version"
    # Not one that asks not to be tracked.
    for signal in (("Sec-GPC", "1"), ("DNT", "1")):
        assert get(site.port, "/", [signal]).field("Accept-CH") is None


def test_the_licenses_of_the_rules_are_served(site):
    text = get(site.port, "/licenses.txt").body.decode()
    assert "Apache License" in text and "Martin Monperrus" in text
