import CCurl

/// A response of another server.
package struct ClientResponse: Equatable, Sendable {
    /// The address that responded.
    package var url: WebAddress
    package var status = 0
    /// In their order, with names in lower case.
    package var fields: [(name: String, value: String)] = []
    package var body: [UInt8] = []
    /// Whether the body was longer than the limit, and its rest was not read.
    package var isCut = false
    /// The addresses that redirected to it, the first one first.
    package var redirects: [WebAddress] = []

    package init(_ url: WebAddress) { self.url = url }

    /// The first value of a header field; `name` is in lower case.
    package subscript(_ name: String) -> String? { fields.first { $0.name == name }?.value }

    package func all(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }

    package static func == (one: ClientResponse, other: ClientResponse) -> Bool {
        one.url == other.url && one.status == other.status && one.body == other.body
            && one.fields.elementsEqual(other.fields) { $0 == $1 }
    }
}

/// Why there is no response.
package enum ClientError: Error, Equatable {
    /// libcurl cannot be loaded; install it.
    case missingLibrary
    /// No connection, no valid certificate, no response in time; the reason is libcurl's.
    case unreachable(String)
    /// A redirect leads to an address that is not of http or https, or there are too many.
    case redirect(String)
    /// The address, or that of a redirect, is not of http or https, or the client may not send requests to it.
    case refused(WebAddress)
    /// The name of the host has only addresses to which the client may not connect.
    case forbidden
}

/// Sends single requests, with named limits.
package struct HTTPClient: Sendable {
    /// The timeout of a request in milliseconds, without its redirects.
    package static let timeoutMilliseconds = 10_000
    package static let bodyBytesMax = 4 << 20
    package static let headBytesMax = 1 << 16
    package static let redirectsMax = 5

    private let agent: String
    private let allows: @Sendable (WebAddress) -> Bool
    private let limits: Limits

    /// What a client of strict limits does besides.
    package struct Limits: Sendable {
        package var timeoutMilliseconds = HTTPClient.timeoutMilliseconds
        /// Nil for that of libcurl.
        package var connectMilliseconds: Int?
        package var bodyBytesMax = HTTPClient.bodyBytesMax
        package var redirectsMax = HTTPClient.redirectsMax
        /// Whether the certificate of an https address must be valid and for its host.
        package var checksCertificate = true
        /// Whether a connection to an address, of 4 or 16 bytes, is allowed; nil allows all, and proxies of the environment.
        package var allowsAddress: (@Sendable ([UInt8]) -> Bool)?

        package init() {}
    }

    /// - Parameters:
    ///   - agent: The value of `User-Agent`.
    ///   - limits: Timeouts and sizes, and the addresses to connect to.
    ///   - allows: Whether requests may be sent to an address of http or https; asked for redirects, too.
    package init(
        agent: String,
        limits: Limits = Limits(),
        allows: @escaping @Sendable (WebAddress) -> Bool = { _ in true }
    ) {
        (self.agent, self.limits, self.allows) = (agent, limits, allows)
    }

    /// Sends a request, and follows redirects of a GET.
    package func send(
        _ method: String = "GET",
        _ url: WebAddress,
        _ fields: [(String, String)] = [],
        body: [UInt8]? = nil
    ) throws(ClientError) -> ClientResponse {
        var redirects: [WebAddress] = []
        var target = url
        while true {
            guard target.isWeb, allows(target) else { throw .refused(target) }
            var (response, next) = try once(method, target, fields, body)
            response.redirects = redirects
            guard method == "GET", limits.redirectsMax > 0, (300..<400).contains(response.status), !next.isEmpty else {
                return response
            }
            guard let address = WebAddress(next), address.isWeb else {
                throw .redirect("\(target) redirects to \(next), which is not an http or https address")
            }
            guard redirects.count < limits.redirectsMax else {
                throw .redirect("\(url) redirects more than \(limits.redirectsMax) times")
            }
            redirects.append(target)
            target = address
        }
    }

    private func once(
        _ method: String,
        _ url: WebAddress,
        _ fields: [(String, String)],
        _ body: [UInt8]?
    ) throws(ClientError) -> (ClientResponse, redirect: String) {
        let reading = Reading(limits)
        let lines = ([("User-Agent", agent)] + fields).map { "\($0.0): \($0.1)" } + ["Expect:"]
        var result = unsafe ccurl_result()
        unsafe Self.perform(method, url.text, lines, body, limits, reading, &result)
        var response = ClientResponse(url)
        unsafe (response.status, response.fields, response.body) = (result.status, reading.fields, reading.body)
        response.isCut = reading.isCut
        switch unsafe result.code {
        case 0: break
        case Int32(CCURL_STOPPED) where reading.isCut: break
        case Int32(CCURL_MISSING): throw .missingLibrary
        case Int32(CCURL_REFUSED): throw .forbidden
        default: throw unsafe .unreachable(Self.text(result.error))
        }
        return unsafe (response, Self.text(result.redirect))
    }

    /// A C text, which may be null.
    @unsafe static func text(_ characters: UnsafePointer<CChar>?) -> String {
        unsafe characters.map { unsafe String(cString: $0) } ?? ""
    }

    @unsafe private static func perform(
        _ method: String,
        _ url: String,
        _ lines: [String],
        _ body: [UInt8]?,
        _ limits: Limits,
        _ reading: Reading,
        _ result: inout ccurl_result
    ) {
        let copies = unsafe lines.map { unsafe strdupOf($0) }
        defer { unsafe copies.forEach { unsafe $0.deallocate() } }
        let pointers = unsafe copies.map { unsafe UnsafePointer($0) as UnsafePointer<CChar>? }
        let bytes = body ?? []
        unsafe method.withCString { method in
            unsafe url.withCString { url in
                unsafe pointers.withUnsafeBufferPointer { pointers in
                    unsafe bytes.withUnsafeBytes { content in
                        var request = unsafe ccurl_request()
                        unsafe (request.method, request.url) = unsafe (method, url)
                        unsafe request.fields = pointers.baseAddress
                        unsafe request.field_count = pointers.count
                        if body != nil {
                            // An empty array may have no address.
                            unsafe request.body = content.baseAddress?.assumingMemoryBound(to: CChar.self) ?? method
                            unsafe request.body_size = content.count
                        }
                        unsafe request.timeout_ms = limits.timeoutMilliseconds
                        unsafe request.connect_timeout_ms = limits.connectMilliseconds ?? 0
                        unsafe request.skips_certificate = limits.checksCertificate ? 0 : 1
                        if limits.allowsAddress != nil {
                            unsafe request.allows = { bytes, count, context in
                                unsafe Reading.of(context)?.allows(UnsafeRawBufferPointer(start: bytes, count: count))
                                    ?? 0
                            }
                        }
                        unsafe request.head = { bytes, count, context in
                            unsafe Reading.of(context)?.takeHead(UnsafeRawBufferPointer(start: bytes, count: count))
                                ?? 0
                        }
                        unsafe request.content = { bytes, count, context in
                            unsafe Reading.of(context)?.takeBody(UnsafeRawBufferPointer(start: bytes, count: count))
                                ?? 0
                        }
                        unsafe request.context = Unmanaged.passUnretained(reading).toOpaque()
                        unsafe ccurl_perform(&request, &result)
                    }
                }
            }
        }
    }

    @unsafe static func strdupOf(_ text: String) -> UnsafeMutablePointer<CChar> {
        let bytes = text.utf8CString
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
        for (index, byte) in bytes.enumerated() { unsafe copy[index] = byte }
        return unsafe copy
    }
}

/// The response as far as received.
private final class Reading {
    var fields: [(name: String, value: String)] = []
    var body: [UInt8] = []
    var isCut = false
    private var headBytes = 0
    private let limits: HTTPClient.Limits

    init(_ limits: HTTPClient.Limits) { self.limits = limits }

    @unsafe static func of(_ context: UnsafeMutableRawPointer?) -> Reading? {
        unsafe context.map { unsafe Unmanaged<Reading>.fromOpaque($0).takeUnretainedValue() }
    }

    func allows(_ address: UnsafeRawBufferPointer) -> Int32 {
        unsafe limits.allowsAddress?([UInt8](address)) ?? true ? 1 : 0
    }

    /// Takes one line of the head; that of a further response, such as after 100 Continue, replaces it.
    func takeHead(_ bytes: UnsafeRawBufferPointer) -> Int32 {
        headBytes += bytes.count
        guard headBytes <= HTTPClient.headBytesMax else { return 0 }
        let line = unsafe String(decoding: bytes, as: UTF8.self)
        if line.hasPrefix("HTTP/") {
            fields = []
        } else if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...].drop { $0.isWhitespace }
            let end = value.lastIndex { !$0.isWhitespace }.map { value.index(after: $0) } ?? value.startIndex
            fields.append((line[..<colon].lowercased(), String(value[..<end])))
        }
        return 1
    }

    func takeBody(_ bytes: UnsafeRawBufferPointer) -> Int32 {
        let room = limits.bodyBytesMax - body.count
        unsafe body.append(contentsOf: bytes.prefix(room))
        isCut = bytes.count > room
        return isCut ? 0 : 1
    }
}
