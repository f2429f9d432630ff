import Assets
import Glibc
import HTML
import HTTPClient

/// `collector doctor`: checks the tag on a page, and what it needs, from outside.
struct DoctorCommand {
    private let page: String
    private let printsJSON: Bool
    private let client: HTTPClient
    private var checks: [DoctorCheck] = []

    init(page: String, printsJSON: Bool) {
        (self.page, self.printsJSON) = (page, printsJSON)
        let allows = PrivateAddress.rule(page: WebAddress(Self.address(page)))
        client = HTTPClient(agent: ServerChecks.agent, allows: allows)
    }

    /// The address of a page, which may be given without its scheme.
    private static func address(_ page: String) -> String { page.contains("://") ? page : "https://" + page }

    /// 0 without problems, 1 with some, 2 if the page cannot be read.
    mutating func run() -> ExitCode {
        let exit: ExitCode
        do throws(DoctorError) {
            try examine()
            exit = checks.contains { $0.state == .problem } ? .failure : .success
        } catch {
            checks.append(.problem("page", error.message, error.advice))
            exit = .usage
        }
        let conclusion =
            switch exit {
            case .success: "ok"
            case .failure: "problems"
            default: "unreachable"
            }
        DoctorOutput(
            printsJSON: printsJSON,
            subject: ("page", page),
            praise: "Everything that can be checked from outside is right."
        ).show(checks, conclusion: conclusion)
        return exit
    }

    // MARK: - Requests

    private mutating func examine() throws(DoctorError) {
        let text = Self.address(page)
        guard let url = WebAddress(text) else { throw try invalid(text) }
        guard url.isWeb else { throw .invalid(text) }
        let response = try get(url)
        let check = TagChecks.page(response)
        checks.append(check)
        guard check.state != .problem else { return }
        let document: HTMLDocument
        do throws(HTMLError) { document = try HTMLDocument(response.body) } catch { throw .html(error) }
        let tags = PageTag.all(document, url: response.url)
        checks.append(TagChecks.tag(tags, document: document))
        guard let tag = tags.first else { return }
        checks += TagChecks.attributes(tag, page: response.url)
        checks.append(TagChecks.mixedContent(tag, page: response.url))
        checks += TagChecks.policy(response, document, tag)
        examineScript(tag, page: response.url)
        examineEndpoint(tag, page: response)
    }

    /// Distinguishes a wrong address from a missing library, without which no address can be parsed.
    private func invalid(_ text: String) throws(DoctorError) -> DoctorError {
        WebAddress("http://localhost/") == nil ? .client(.missingLibrary) : .invalid(text)
    }

    private func get(_ url: WebAddress, _ fields: [(String, String)] = []) throws(DoctorError) -> ClientResponse {
        do throws(ClientError) { return try client.send("GET", url, fields) } catch { throw .client(error) }
    }

    private mutating func examineScript(_ tag: PageTag, page: WebAddress) {
        do throws(ClientError) {
            let origin = [("Origin", page.origin)]
            let plain = try client.send("GET", tag.script, origin + [("Accept-Encoding", "identity")])
            let own = Assets.files().first { $0.path == tag.script.fileName }?.bytes
            let found = ServerChecks.script(plain, own: own, version: Help.version)
            checks += found
            guard !found.contains(where: { $0.state == .problem }) else { return }
            checks.append(ServerChecks.integrity(tag, plain, page: page))
            let packed = try client.send("GET", tag.script, origin + [("Accept-Encoding", "gzip, br")])
            checks += ServerChecks.caching(packed)
        } catch {
            let failure = DoctorError.client(error)
            checks.append(.problem("script", "\(tag.script): \(failure.message)", failure.advice))
        }
    }

    private mutating func examineEndpoint(_ tag: PageTag, page: ClientResponse) {
        let origin = [("Origin", page.url.origin)]
        do throws(ClientError) {
            let posted = try ServerChecks.postNothing(client, tag.endpoint, origin)
            let health = try WebAddress("health", base: tag.endpoint).map { url throws(ClientError) in
                try client.send("GET", url)
            }
            let check = ServerChecks.endpoint(posted, health: health)
            checks.append(check)
            guard check.state != .problem else { return }
            let asked =
                origin + [
                    ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type"),
                ]
            let preflight = try client.send("OPTIONS", tag.endpoint, asked)
            checks += ServerChecks.cors(posted, preflight: preflight, page: page.url)
            checks.append(ServerChecks.proxy(posted))
            checks.append(ServerChecks.clock([posted, page], now: Int64(Glibc.time(nil))))
        } catch {
            let failure = DoctorError.client(error)
            checks.append(.problem("endpoint", "\(tag.endpoint): \(failure.message)", failure.advice))
        }
    }
}

/// Why a page cannot be checked.
enum DoctorError: Error, Equatable {
    case invalid(String)
    case client(ClientError)
    case html(HTMLError)

    var message: String {
        switch self {
        case .invalid(let text): "'\(text)' is not an http or https address"
        case .client(.missingLibrary): "libcurl is not installed"
        case .client(.unreachable(let reason)): reason
        case .client(.redirect(let sentence)): sentence
        case .client(.refused(let url)):
            url.isWeb
                ? "\(url.host) is a private address, that of the page is not"
                : "'\(url)' is not an http or https address"
        case .client(.forbidden): "the address is private, that of the page is not"
        case .html(.missingLibrary): "libxml2 is not installed"
        case .html(.noDocument): "the page has no HTML"
        }
    }

    var advice: String {
        switch self {
        case .invalid: "Give the address of a page of your site, such as https://shop.example/"
        case .client(.missingLibrary): "Install it (Debian: libcurl4), or run the command on another machine"
        case .client(.unreachable): "Check the address, the certificate and the network of this machine"
        case .client(.redirect): "Give the address that visitors see"
        case .client(.refused), .client(.forbidden):
            "Use a public http or https address: browsers of visitors cannot reach this one"
        case .html(.missingLibrary): "Install it (Debian: libxml2), or run the command on another machine"
        case .html(.noDocument): "Give the address of an HTML page"
        }
    }
}
