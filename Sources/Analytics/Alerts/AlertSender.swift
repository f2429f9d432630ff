import Crypto
import Events
package import HTTPClient

/// Sends messages to channels, one at a time.
package struct AlertSender: Sendable {
    /// Timeouts of a webhook in milliseconds, and the most bytes of its response that are read.
    package static let timeoutMilliseconds = 10_000
    package static let connectMilliseconds = 5000
    static let answerBytesMax = 4096

    /// The result of an attempt.
    package struct Outcome: Sendable, Equatable {
        /// Nil if the message was delivered.
        package var failure: String?
        /// Whether another attempt cannot help.
        package var isFinal = false

        package init(failure: String? = nil, isFinal: Bool = false) {
            (self.failure, self.isFinal) = (failure, isFinal)
        }

        static let delivered = Outcome()
    }

    /// How e-mail is sent.
    package struct Mail: Sendable {
        package let server: MailServer
        /// The address of the sender.
        package let from: String

        package init(server: MailServer, from: String) { (self.server, self.from) = (server, from) }
    }

    package let mail: Mail?
    private let web: HTTPClient

    package init(version: String, guard addresses: AddressGuard, mail: Mail?) {
        var limits = HTTPClient.Limits()
        limits.timeoutMilliseconds = Self.timeoutMilliseconds
        limits.connectMilliseconds = Self.connectMilliseconds
        (limits.bodyBytesMax, limits.redirectsMax) = (Self.answerBytesMax, 0)
        limits.allowsAddress = { addresses.allows($0) }
        web = HTTPClient(agent: "Collector/\(version)", limits: limits)
        self.mail = mail
    }

    /// Sends a message; blocks within the timeouts.
    ///
    /// `now` is in seconds since 1970.
    package func send(_ delivery: AlertDelivery, to channel: AlertChannel, now: Int64) -> Outcome {
        switch channel.kind {
        case .webhook: post(delivery, channel, now)
        case .email: write(delivery, channel)
        }
    }

    /// The value of the header `Collector-Signature`: the time of the attempt, and HMAC-SHA256 over the time, a dot and the body.
    package static func signature(_ body: [UInt8], secret: String, at now: Int64) -> String {
        let code = HMAC.hex(of: Array("\(now).".utf8) + body, key: Array(secret.utf8))
        return "t=\(now),v1=\(String(decoding: code, as: UTF8.self))"
    }

    private func post(_ delivery: AlertDelivery, _ channel: AlertChannel, _ now: Int64) -> Outcome {
        guard let url = WebAddress(channel.target) else { return Outcome(failure: Self.missing) }
        let body = Array(delivery.body.utf8)
        var fields = [
            ("Content-Type", "application/json"), ("Collector-Delivery", delivery.id),
            ("Collector-Event", delivery.event.rawValue),
        ]
        if let secret = channel.secret {
            fields.append(("Collector-Signature", Self.signature(body, secret: secret, at: now)))
        }
        do throws(ClientError) {
            let response = try web.send("POST", url, fields, body: body)
            guard (200..<300).contains(response.status) else {
                let isRedirect = (300..<400).contains(response.status)
                return Outcome(
                    failure: isRedirect
                        ? "The webhook redirects (\(response.status)); redirects are not followed"
                        : "The webhook responded with \(response.status)",
                    // The address is gone, by its own response.
                    isFinal: response.status == 410
                )
            }
            return .delivered
        } catch {
            return Outcome(failure: Self.sentence(error))
        }
    }

    private func write(_ delivery: AlertDelivery, _ channel: AlertChannel) -> Outcome {
        guard let mail else { return Outcome(failure: Self.noMail) }
        let message = MailMessage(
            id: delivery.id,
            from: mail.from,
            recipients: channel.recipients,
            subject: delivery.subject,
            text: delivery.body,
            date: delivery.createdAt
        )
        do throws(ClientError) {
            try MailClient(mail.server).send(message.bytes, from: mail.from, to: channel.recipients)
            return .delivered
        } catch {
            return Outcome(failure: Self.sentence(error))
        }
    }

    private static let noMail = "E-mail is not configured: set COLLECTOR_SMTP_URL and COLLECTOR_SMTP_FROM"
    private static let missing = "libcurl is not installed"

    /// What happened, without the address, which may have secrets.
    private static func sentence(_ error: ClientError) -> String {
        switch error {
        case .missingLibrary: missing
        case .unreachable(let reason): reason
        case .redirect: "Redirects are not followed"
        case .refused: "The address must be of http or https"
        case .forbidden: "The address is of a private network, which COLLECTOR_ALERT_NETWORKS does not allow"
        }
    }
}
