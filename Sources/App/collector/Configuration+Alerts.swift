import Alerts
import Events
import HTTPClient

/// The settings of alerts.
struct AlertConfiguration: Sendable {
    /// Seconds between two evaluations of the rules.
    var seconds = AlertWorker.secondsDefault
    /// Private networks to which webhooks may connect.
    var networks: [AddressBlock] = []
    /// How e-mail is sent; nil when not configured.
    var mail: AlertSender.Mail?
}

extension SettingReader {
    mutating func readAlerts() -> AlertConfiguration {
        var alerts = AlertConfiguration()
        read("COLLECTOR_ALERT_SECONDS", "must be a number of seconds from 1 to 3600", into: &alerts.seconds) { text in
            Int64(text).flatMap { (1...3600).contains($0) ? $0 : nil }
        }
        read("COLLECTOR_ALERT_NETWORKS", "must be a list of CIDR blocks or none", into: &alerts.networks) { text in
            text == "none" ? [] : Self.list(text) { AddressBlock($0) }
        }
        alerts.mail = readMail()
        return alerts
    }

    /// The mail server and the sender, which need each other.
    private mutating func readMail() -> AlertSender.Mail? {
        var (needsTLS, certificates): (Bool, String?) = (true, nil)
        read("COLLECTOR_SMTP_TLS", "must be required or none", into: &needsTLS) { text in
            ["required": true, "none": false][text]
        }
        read("COLLECTOR_SMTP_CA", "must name a file", into: &certificates) { text -> String?? in
            text.isEmpty ? nil : .some(text)
        }
        let server = read(
            "COLLECTOR_SMTP_URL",
            "must be an address such as smtps://user:password@mail.example.com or smtp://mail.example.com:587; "
                + "libcurl must be installed"
        ) { text in MailServer(text, needsTLS: needsTLS, certificates: certificates) }
        let from = read("COLLECTOR_SMTP_FROM", "must be an e-mail address, such as collector@example.com") { text in
            MailMessage.isAddress(text) ? text : nil
        }
        if server != nil, value("COLLECTOR_SMTP_FROM") == nil {
            problems.append("COLLECTOR_SMTP_FROM must be set with COLLECTOR_SMTP_URL")
        }
        guard let server, let from else { return nil }
        return AlertSender.Mail(server: server, from: from)
    }
}
