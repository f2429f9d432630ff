import CCurl

/// A mail server to which messages are submitted by SMTP.
package struct MailServer: Sendable {
    /// The address of smtp or smtps, with a user and a password if the server needs them.
    private let url: String
    /// Whether a message is sent only over TLS: with `smtp`, by STARTTLS.
    private let needsTLS: Bool
    /// A file of certificates to trust; nil for those of the system.
    private let certificates: String?

    /// Nil if the text is not an address of smtp or smtps.
    package init?(_ text: String, needsTLS: Bool, certificates: String?) {
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), let address = WebAddress(text),
            address.scheme == "smtp" || address.scheme == "smtps", !address.host.isEmpty, !text.contains("?"),
            !text.contains("#")
        else { return nil }
        (url, self.needsTLS, self.certificates) = (text, needsTLS, certificates)
    }
}

extension MailServer: CustomStringConvertible {
    /// Without the address, which may have a password.
    package var description: String { "SMTP server" }
}

/// Submits messages to a mail server.
package struct MailClient: Sendable {
    /// The timeout of one message, and of its connection, in milliseconds.
    package static let timeoutMilliseconds = 20_000
    package static let connectMilliseconds = 5000

    private let server: MailServer

    package init(_ server: MailServer) { self.server = server }

    /// Sends a message with all of its header fields; lines end with CR and LF.
    ///
    /// - Throws: `.missingLibrary`, or `.unreachable` with a reason of libcurl, which names no user and no password.
    package func send(_ message: [UInt8], from: String, to recipients: [String]) throws(ClientError) {
        var result = unsafe ccurl_result()
        unsafe server.perform(message, from, recipients, &result)
        switch unsafe result.code {
        case 0: return
        case Int32(CCURL_MISSING): throw .missingLibrary
        default: throw unsafe .unreachable(HTTPClient.text(result.error))
        }
    }
}

extension MailServer {
    @unsafe fileprivate func perform(
        _ message: [UInt8],
        _ from: String,
        _ recipients: [String],
        _ result: inout ccurl_result
    ) {
        let texts = unsafe ([url, from, certificates ?? ""] + recipients).map { unsafe HTTPClient.strdupOf($0) }
        defer { unsafe texts.forEach { unsafe $0.deallocate() } }
        let pointers = unsafe texts.dropFirst(3).map { unsafe UnsafePointer($0) as UnsafePointer<CChar>? }
        unsafe pointers.withUnsafeBufferPointer { pointers in
            unsafe message.withUnsafeBytes { content in
                var mail = unsafe ccurl_message()
                unsafe (mail.url, mail.from) = (UnsafePointer(texts[0]), UnsafePointer(texts[1]))
                if certificates != nil { unsafe mail.ca_file = UnsafePointer(texts[2]) }
                unsafe (mail.recipients, mail.recipient_count) = (pointers.baseAddress, pointers.count)
                // An empty array may have no address.
                unsafe mail.bytes =
                    unsafe content.baseAddress?.assumingMemoryBound(to: CChar.self)
                    ?? UnsafePointer(texts[1])
                unsafe mail.size = content.count
                unsafe mail.needs_tls = needsTLS ? 1 : 0
                unsafe mail.timeout_ms = MailClient.timeoutMilliseconds
                unsafe mail.connect_timeout_ms = MailClient.connectMilliseconds
                unsafe ccurl_mail(&mail, &result)
            }
        }
    }
}
