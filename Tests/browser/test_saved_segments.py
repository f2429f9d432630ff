"""Saved segments that several people change at the same time, on both stores."""

import concurrent.futures

from insight import OWNER, change, report, serve_ready

SEGMENTS_MAX = 100
ROUNDS = 20


def save(port, name):
    return change(port, "POST", "/api/segments", {"name": name, "filters": '[["is","path",["/a"]]]'}, OWNER)


def test_of_two_concurrent_segments_one_is_stored_when_there_is_room_for_one(store, serve):
    port = serve_ready(serve, store).port
    for number in range(SEGMENTS_MAX - 1):
        assert save(port, f"segment {number}").status == 200
    with concurrent.futures.ThreadPoolExecutor(2) as both:
        for number in range(ROUNDS):
            answers = list(both.map(lambda side, number=number: save(port, f"{number} {side}"), ("left", "right")))
            assert sorted(answer.status for answer in answers) == [200, 409], number
            assert len(report(port, "segments")["segments"]) == SEGMENTS_MAX
            (stored,) = [answer.json()["id"] for answer in answers if answer.status == 200]
            assert change(port, "DELETE", f"/api/segments/{stored}", {}, OWNER).status == 200
