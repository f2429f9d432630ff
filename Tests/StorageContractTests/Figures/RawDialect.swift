import Postgres
import SQLite

/// A connection of the recomputation: SQL over raw rows, in temporary tables of its own.
final class RawConnection {
    private enum Kind {
        case sqlite(SQLite.Connection)
        case postgresql(Postgres.Connection)
    }

    let engine: Engine
    private let kind: Kind
    private static let millisecondsMax: Int32 = 60_000

    init(_ sqlite: SQLite.Connection) { (engine, kind) = (.sqlite, .sqlite(sqlite)) }

    init(_ postgresql: Postgres.Connection) { (engine, kind) = (.postgresql, .postgresql(postgresql)) }

    @discardableResult
    func rows(_ sql: String) throws -> [[String?]] {
        do {
            switch kind {
            case .sqlite(let connection): return try connection.rows(sql)
            case .postgresql(let connection):
                return try connection.execute(sql, timeoutMilliseconds: Self.millisecondsMax).rows
            }
        } catch {
            throw RawError(description: "\(error)\n\(sql)")
        }
    }
}

struct RawError: Error, CustomStringConvertible { var description: String }

/// What the two engines spell differently in the recomputation.
struct RawDialect {
    let engine: Engine

    /// A text of SQL.
    static func literal(_ text: String?) -> String {
        guard let text else { return "null" }
        return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }

    /// Seconds since 1970, floored.
    var seconds: String {
        switch engine {
        case .sqlite: "cast(strftime('%s', substr(received_at, 1, 19)) as integer)"
        case .postgresql: "floor(extract(epoch from received_at))::bigint"
        }
    }

    /// The member of a path when it is a text that holds something.
    func text(_ json: String, _ path: String...) -> String {
        switch engine {
        case .sqlite: "case json_type(\(json), \(at(path))) when 'text' then json_extract(\(json), \(at(path))) end"
        case .postgresql: "case jsonb_typeof(\(json) #> \(at(path))) when 'string' then \(json) #>> \(at(path)) end"
        }
    }

    /// The member of a path when it is a number, whatever its size.
    func number(_ json: String, _ path: String...) -> String {
        switch engine {
        case .sqlite:
            "case when json_type(\(json), \(at(path))) in ('integer', 'real') then json_extract(\(json), \(at(path))) end"
        case .postgresql:
            "case jsonb_typeof(\(json) #> \(at(path))) when 'number' then (\(json) #>> \(at(path)))::numeric end"
        }
    }

    func isTrue(_ json: String, _ path: String...) -> String {
        switch engine {
        case .sqlite: "coalesce(json_type(\(json), \(at(path))) = 'true', false)"
        case .postgresql: "coalesce(\(json) #> \(at(path)) = 'true'::jsonb, false)"
        }
    }

    /// A number as a double.
    func double(_ number: String) -> String {
        engine == .sqlite ? "cast(\(number) as real)" : "(\(number))::double precision"
    }

    func integer(_ number: String) -> String {
        engine == .sqlite ? "cast(\(number) as integer)" : "trunc(\(number))::bigint"
    }

    /// A table function of the elements of an array, by the name `e`.
    func elements(_ json: String, _ path: String...) -> String {
        switch engine {
        case .sqlite:
            "json_each(case json_type(\(json), \(at(path))) when 'array' then json_extract(\(json), \(at(path))) else '[]' end) e"
        case .postgresql:
            """
            jsonb_array_elements(case jsonb_typeof(\(json) #> \(at(path))) when 'array' then \(json) #> \(at(path)) else '[]' end)
            with ordinality as e(x, i)
            """
        }
    }

    /// Index of an element, from 0 on.
    var elementIndex: String { engine == .sqlite ? "e.key" : "(e.i - 1)" }

    /// The element when it is an object; one without members otherwise.
    var elementObject: String {
        engine == .sqlite
            ? "case e.type when 'object' then e.value else '{}' end"
            : "case jsonb_typeof(e.x) when 'object' then e.x else '{}' end"
    }

    /// The element when it is a text.
    var elementText: String {
        engine == .sqlite
            ? "case e.type when 'text' then e.value end" : "case jsonb_typeof(e.x) when 'string' then e.x #>> '{}' end"
    }

    /// Texts of a group, each once, sorted by their bytes, one a line.
    func lines(_ text: String) -> String {
        engine == .sqlite
            ? "group_concat(\(text), char(10))" : "string_agg(\(text), chr(10) order by \(text) collate \"C\")"
    }

    /// The table empty, quickly.
    func clear(_ table: String) -> String { engine == .sqlite ? "delete from \(table)" : "truncate \(table)" }

    private func at(_ path: [String]) -> String {
        engine == .sqlite
            ? "'$" + path.map { ".\"\($0)\"" }.joined() + "'" : "'{" + path.joined(separator: ",") + "}'"
    }
}
