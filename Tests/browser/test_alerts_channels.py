"""Channels of alerts: e-mail, addresses that webhooks may reach, the weekly report, and the API."""

import email
import email.policy
import json
import time

import pytest

from insight import ENVIRONMENT, OWNER, ask, change, cookie, report, send, settle, sign_in
from sinks import MailSink
from stores import SQLiteStore
from test_alerts import ERROR, FAST, LATER, SECRET, SOON, add, backdate, hook, sink, start, stays, visits, wait_once, wait_state  # noqa: F401
from test_demo_data import fine
from tls import make_certificate
from waits import wait_for

pytestmark = pytest.mark.usefixtures("one_day")

PASSWORD = "password-of-the-mail-server"


def mail_environment(sink, **more):
    user = f"owner:{PASSWORD}@"
    return {"COLLECTOR_SMTP_URL": f"smtp://{user}127.0.0.1:{sink.port}", "COLLECTOR_SMTP_FROM": "collector@example.com"} | more


def parsed(mail):
    return email.message_from_bytes(mail.raw, policy=email.policy.default)


def test_alerts_arrive_by_mail_over_tls(store, serve, tmp_path):
    certificate, key = make_certificate(tmp_path)
    sink = MailSink(certificate, key)
    sink.refusals = ["451 later", "451 later", "451 later"]
    server = start(serve, store, **mail_environment(sink, COLLECTOR_SMTP_CA=str(certificate), COLLECTOR_URL="https://stats.example.com"))
    port = server.port
    assert report(port, "alerts")["email_from"] == "collector@example.com"
    channel = add(port, "alert-channels", kind="email", target="a@example.com, b@example.com")
    assert channel["target"] == "a@example.com,b@example.com"
    add(port, "alert-rules", kind="new_issue", channels=[channel["id"]])
    hostile = "Größe\r\nBcc: thief@example.com\r\n\r\n.\r\nRCPT TO:<thief@example.com>"
    send(port, visits(1, error=ERROR | {"message": hostile}))
    wait_for(lambda: sink.mails, LATER, "a message")
    (mail,) = sink.mails
    assert (mail.user, mail.password, mail.is_encrypted) == ("owner", PASSWORD, True)
    assert (mail.sender, mail.recipients) == ("collector@example.com", ["a@example.com", "b@example.com"])
    message = parsed(mail)
    assert message["Subject"] == "Alert: New issue on shop.example: TypeError: Größe  Bcc: thief@example.com    .  RCPT TO:<thief@example.com>"
    assert message["From"] == "Collector <collector@example.com>" and message["To"] == "a@example.com, b@example.com"
    assert message["Bcc"] is None and message.defects == [] and message["Message-ID"].endswith("@example.com>")
    assert abs(message["Date"].datetime.timestamp() - time.time()) < 120
    text = message.get_content()
    assert "Größe" in text and "https://stats.example.com/insight" in text
    delivery = report(port, "alerts")["alerts"][0]["deliveries"][0]
    assert message["Message-ID"] == f"<{delivery['id']}@example.com>"
    everything = json.dumps([report(port, path) for path in ("alerts", "alert-rules", "alert-channels", "status")])
    server.stop()
    assert PASSWORD not in everything + server.log
    sink.close()


def test_a_password_is_not_sent_without_tls(sqlite_store, serve):
    sink = MailSink()
    server = start(serve, sqlite_store, **mail_environment(sink))
    channel = add(server.port, "alert-channels", kind="email", target="a@example.com")
    answer = change(server.port, "POST", f"/api/alert-channels/{channel['id']}/test", {}, OWNER)
    (result,) = answer.json()["results"]
    assert not result["delivered"] and result["failure"]
    assert sink.mails == [] and not any("AUTH" in line for line in sink.lines)
    server.stop()
    sink.close()


@pytest.fixture
def sqlite_store(tmp_path):
    return SQLiteStore(tmp_path)


def test_a_weekly_report_is_sent_once(store, serve, sink):
    mails = MailSink()
    server = start(serve, store, **mail_environment(mails, COLLECTOR_SMTP_TLS="none"))
    sent = send(server.port, visits(4, error=ERROR, referrer="https://news.example/a", site="week.example")) + send(server.port, visits(1, site="week.example"))
    settle(server.port, sent)
    server.stop()
    # Into the last complete week: seven days before are in it, or in the current one on no day.
    days = 1 + (time.gmtime().tm_wday if time.gmtime().tm_wday or time.gmtime().tm_hour >= 8 else 7)
    backdate(store, days, "week.example")
    fine(store, "rebuild")
    server = start(serve, store, **mail_environment(mails, COLLECTOR_SMTP_TLS="none"))
    port = server.port
    channels = [hook(port, sink), add(port, "alert-channels", kind="email", target="a@example.com")["id"]]
    rule = add(port, "alert-rules", kind="weekly_report", site="shop.example", channels=channels)
    wait_state(port, rule, "ok")
    stays(sink, 0, 2)
    # As if the rule had been made two weeks ago.
    store.execute("update alert_rules set created_at = created_at - 14 * 86400")
    content = wait_once(sink, "report", "weekly_report").body["report"]
    assert content["figures"]["page_views"] == {"value": 5, "previous": None} and content["figures"]["errors"]["value"] == 4
    assert content["new_issues"] == 1 and content["issues"] == ["TypeError: x is null (4)"] and content["zone"] == "UTC"
    assert content["sources"][0] == {"name": "news.example", "count": 4} and content["pages"] == [{"name": "/page/:id", "count": 5}]
    assert content["figures"]["lcp_p75"]["value"] == 1200
    wait_for(lambda: mails.mails, SOON, "the report by mail")
    text = parsed(mails.mails[0]).get_content()
    assert "Page views: 5" in text and "Top pages" in text and "LCP p75: 1200 ms" in text
    stays(sink, 1)
    answer = change(port, "POST", f"/api/alert-rules/{rule['id']}/test", {}, OWNER)
    assert [one["delivered"] for one in answer.json()["results"]] == [True, True]
    assert len(sink.of("test")) == 1 and sink.of("test")[0].body["report"]["figures"]["page_views"]["value"] == 5
    mails.close()


def test_private_addresses_and_redirects_are_refused(sqlite_store, serve, sink):
    server = serve(sqlite_store, environment=ENVIRONMENT | {"COLLECTOR_ALERT_SECONDS": "1"})

    def outcome(port, url):
        channel = add(port, "alert-channels", kind="webhook", target=url, secret=SECRET)
        answer = change(port, "POST", f"/api/alert-channels/{channel['id']}/test", {}, OWNER)
        assert answer.status == 200, answer.body
        (result,) = answer.json()["results"]
        assert change(port, "DELETE", f"/api/alert-channels/{channel['id']}", {}, OWNER).status == 200
        return result["failure"]

    for host in ("127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"):
        assert "private network" in outcome(server.port, f"http://{host}:{sink.port}/hook"), host
    assert sink.attempts == []
    server.stop()
    server = serve(sqlite_store, environment=FAST)
    assert outcome(server.port, sink.url) is None
    sink.location, sink.statuses = sink.url, [302]
    assert outcome(server.port, sink.url) == "The webhook redirects (302); redirects are not followed"
    assert len(sink.attempts) == 2


def test_the_api_is_for_the_owner_and_explains_refusals(store, serve, sink):
    server = start(serve, store)
    port = server.port
    link = add(port, "shares", days=1, label="x")
    _, guest = sign_in(port, share=link["share"])
    for path in ("alerts", "alert-rules", "alert-channels"):
        assert ask(port, path, fields=[]).status == 401 and ask(port, path, fields=cookie(guest)).status == 403
    for fields, status in (([], 401), (cookie(guest), 403), ([*OWNER, ("Sec-Fetch-Site", "cross-site")], 403)):
        for method, path in (("POST", "alert-rules"), ("PUT", "alert-rules/x"), ("DELETE", "alert-rules/x"), ("POST", "alert-rules/x/test"), ("POST", "alert-channels")):
            assert change(port, method, f"/api/{path}", {"kind": "journal"}, fields).status == status

    def refusal(path, body, status=400, method="POST"):
        answer = change(port, method, f"/api/{path}", body, OWNER)
        assert answer.status == status, answer.body
        return answer.json()["message"]

    channel = {"kind": "webhook", "target": "https://example.com/hook", "secret": SECRET}
    assert "secret is missing" in refusal("alert-channels", {"kind": "webhook", "target": "https://example.com"})
    for secret in ("short", "x" * 201, "with a space in it"):
        assert "secret" in refusal("alert-channels", channel | {"secret": secret})
    for target in ("", "ftp://example.com", "file:///etc/passwd", "https://user:password@example.com", "https://exa mple.com", "javascript:alert(1)"):
        assert "target must" in refusal("alert-channels", channel | {"target": target})
    for target in ("", "a", "a@b@c", "a@example.com\r\nx", "<a@example.com>", ",".join(["a@example.com"] * 11)):
        assert "e-mail addresses" in refusal("alert-channels", {"kind": "email", "target": target})
    assert "kind must be one of" in refusal("alert-rules", {"kind": "none"})
    assert "channels must be" in refusal("alert-rules", {"kind": "journal", "channels": ["none"]})
    assert "threshold must be a number from" in refusal("alert-rules", {"kind": "error_rate", "threshold": 0})
    assert "does not apply" in refusal("alert-rules", {"kind": "journal", "threshold": 1})
    assert "does not apply" in refusal("alert-rules", {"kind": "disk", "site": "shop.example"})
    assert "vital must be one of" in refusal("alert-rules", {"kind": "vital", "vital": "fid"})
    assert "minutes must be" in refusal("alert-rules", {"kind": "error_rate", "minutes": 1})
    for path in ("alert-rules/none", "alert-channels/none"):
        body = {"kind": "journal"} if "rules" in path else channel
        assert refusal(path, body, 404, "PUT") and refusal(path, {}, 404, "DELETE") and refusal(f"{path}/test", {}, 404)
    assert report(port, "alert-rules") == {"rules": []} and report(port, "alert-channels") == {"channels": []}

    known = hook(port, sink)
    kept = change(port, "PUT", f"/api/alert-channels/{known}", {"kind": "webhook", "target": sink.url, "name": "renamed"}, OWNER)
    assert kept.json()["name"] == "renamed" and SECRET not in kept.body.decode()
    answer = change(port, "POST", f"/api/alert-channels/{known}/test", {}, OWNER)
    assert answer.json()["results"] == [{"channel": known, "delivered": True, "failure": None}]
    assert sink.of("test")[0].is_signed(SECRET)
    rule = add(port, "alert-rules", kind="new_issue", name="issues", channels=[known])
    assert rule["title"] == "issues" and rule["state"]["name"] == "waiting"
    assert change(port, "DELETE", f"/api/alert-channels/{known}", {}, OWNER).json() == {"removed": known}
    assert report(port, "alert-rules")["rules"][0]["channels"] == []
    assert change(port, "DELETE", f"/api/alert-rules/{rule['id']}", {}, OWNER).json() == {"removed": rule["id"]}
    assert SECRET not in server.log
