import CPostgres

/// The database name and servers of a connection string, with libpq's defaults: `stats at db.example.com:5432`.
///
/// Contains neither the user nor the password nor other options. Returns `(unknown)` if libpq
/// cannot parse the string.
package func databaseAddress(_ connectionString: String) -> String {
    guard let parsed = unsafe PQconninfoParse(connectionString, nil) else { return "(unknown)" }
    defer { unsafe PQconninfoFree(parsed) }
    let defaults = unsafe PQconndefaults()
    defer { if let defaults = unsafe defaults { unsafe PQconninfoFree(defaults) } }
    func value(_ name: String) -> String? {
        unsafe option(name, parsed) ?? defaults.flatMap { unsafe option(name, $0) }
    }
    let hosts = (value("host") ?? value("hostaddr") ?? "").split(separator: ",", omittingEmptySubsequences: false)
    let ports = (value("port") ?? "").split(separator: ",", omittingEmptySubsequences: false)
    let servers = hosts.isEmpty ? [""] : hosts
    let addresses = servers.enumerated().map { index, host in
        let port = ports.count == 1 ? ports[0] : index < ports.count ? ports[index] : ""
        if host.isEmpty || host.hasPrefix("/") { return "local socket" + (host.isEmpty ? "" : " \(host)") }
        let name = host.contains(":") ? "[\(host)]" : String(host)
        return name + (port.isEmpty ? "" : ":\(port)")
    }
    let name = value("dbname") ?? value("user") ?? "(default)"
    return "\(name) at \(addresses.joined(separator: ", "))"
}

/// The value of an option in libpq's list, which ends with an option without a keyword; nil when it is not set.
private func option(_ name: String, _ options: UnsafeMutablePointer<PQconninfoOption>) -> String? {
    var entry = unsafe options
    while let keyword = unsafe entry.pointee.keyword {
        if unsafe String(cString: keyword) == name {
            return unsafe entry.pointee.val.map { unsafe String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
        }
        unsafe entry += 1
    }
    return nil
}
