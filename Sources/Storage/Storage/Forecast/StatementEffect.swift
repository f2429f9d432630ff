/// The effect of a statement of a migration on the tables of a database.
package enum StatementEffect: Sendable, Equatable {
    /// Changes no table: a view, a function or `select 1`.
    case nothing
    case createTable(String, ifMissing: Bool)
    case dropTable(String)
    case truncate([String])
    case renameTable(String, to: String)
    case alterTable(String, [AlterAction])
    case createIndex(String, table: String, columns: Int, isConcurrent: Bool)
    case dropIndex(String)
    /// Inserts rows; `sources` are the tables that a `select` reads them from, none for fixed values.
    case insert(String, sources: [String])
    /// Updates rows; `requestsRebuild` is true when the server must compute the rollups again afterwards.
    case update(String, requestsRebuild: Bool)
    /// Deletes rows, all of them or those of a condition.
    case delete(String, all: Bool)
    /// A statement that is not known, with its first words.
    case unknown(String)
}

/// A change of the definition of a table.
package enum AlterAction: Sendable, Equatable {
    /// Adds a column whose value in existing rows is null or a constant.
    case addColumn
    /// Adds a column whose value differs between existing rows, such as a sequence.
    case addComputedColumn
    /// Adds a column with a condition that existing rows must meet.
    case addCheckedColumn
    case dropColumn
    /// Renames a column or a constraint.
    case rename
    case changeType
    /// Changes what only later rows use: a default, the storage of a column.
    case setProperty
    /// Changes settings of the table, such as those of autovacuum.
    case setParameters
    case setNotNull
}

extension StatementEffect {
    /// Classifies a statement by its tokens.
    ///
    /// A statement that is not fully understood is `.unknown`.
    package init(_ statement: SQLStatement) {
        var reader = TokenReader(statement.tokens)
        self = reader.effect() ?? .unknown(statement.summary)
    }
}

/// Reads the tokens of one statement in order.
private struct TokenReader {
    private var rest: ArraySlice<String>

    init(_ tokens: [String]) { rest = tokens[...] }

    /// Skips words when they are next.
    private mutating func take(_ words: String...) -> Bool {
        guard rest.starts(with: words) else { return false }
        rest = rest.dropFirst(words.count)
        return true
    }

    /// The next name, without its schema.
    private mutating func name() -> String? {
        guard var name = rest.popFirst(), isName(name) else { return nil }
        while take(".") {
            guard let next = rest.popFirst(), isName(next) else { return nil }
            name = next
        }
        return name
    }

    private func isName(_ token: String) -> Bool {
        token.unicodeScalars.first.map { $0 == "_" || $0.properties.isAlphabetic } ?? false
    }

    mutating func effect() -> StatementEffect? {
        switch rest.popFirst() {
        case "create": create()
        case "drop": drop()
        case "alter": alter()
        case "truncate": truncate()
        case "insert": insert()
        case "update": update()
        case "delete": delete()
        case "select": rest.contains("from") || rest.contains("(") ? nil : .nothing
        default: nil
        }
    }

    // MARK: - Definitions

    private mutating func create() -> StatementEffect? {
        if take("or", "replace") {
            guard take("view") || take("function") else { return nil }
            return .nothing
        }
        if take("view") || take("function") { return .nothing }
        if take("table") {
            let ifMissing = take("if", "not", "exists")
            // `create table … as` copies rows and is not known.
            guard let table = name(), rest.first == "(" else { return nil }
            return .createTable(table, ifMissing: ifMissing)
        }
        _ = take("unique")
        guard take("index") else { return nil }
        let isConcurrent = take("concurrently")
        _ = take("if", "not", "exists")
        guard let index = name(), take("on"), let table = name() else { return nil }
        if take("using") { _ = name() }
        guard rest.first == "(", let end = rest.lastIndex(of: ")") else { return nil }
        let columns = Self.parts(rest[(rest.startIndex + 1)..<end]).count
        return .createIndex(index, table: table, columns: columns, isConcurrent: isConcurrent)
    }

    private mutating func drop() -> StatementEffect? {
        if take("view") || take("function") { return .nothing }
        let isTable = take("table")
        guard isTable || take("index") else { return nil }
        _ = take("if", "exists")
        guard let name = name(), rest.isEmpty else { return nil }
        return isTable ? .dropTable(name) : .dropIndex(name)
    }

    private mutating func alter() -> StatementEffect? {
        if take("index") {
            // The name of an index is not in any row.
            return rest.contains("rename") ? .nothing : nil
        }
        guard take("table") else { return nil }
        _ = take("if", "exists")
        guard let table = name() else { return nil }
        if take("rename", "to") { return name().map { .renameTable(table, to: $0) } }
        var actions: [AlterAction] = []
        for part in Self.parts(rest) {
            var reader = TokenReader(Array(part))
            guard let action = reader.action() else { return nil }
            actions.append(action)
        }
        return .alterTable(table, actions)
    }

    /// Splits at commas outside parentheses.
    private static func parts(_ tokens: ArraySlice<String>) -> [ArraySlice<String>] {
        var depth = 0
        return tokens.split(omittingEmptySubsequences: false) { token in
            if token == "(" { depth += 1 }
            if token == ")" { depth -= 1 }
            return token == "," && depth == 0
        }
    }

    private mutating func action() -> AlterAction? {
        if take("add", "column") { return addColumn() }
        if take("drop", "column") { return .dropColumn }
        if take("rename", "column") || take("rename", "constraint") { return .rename }
        if take("set", "(") { return .setParameters }
        guard take("alter", "column"), name() != nil else { return nil }
        if take("type") || take("set", "data", "type") { return .changeType }
        if take("set", "not", "null") { return .setNotNull }
        let isProperty =
            take("set", "storage") || take("set", "default") || take("drop", "default") || take("drop", "not", "null")
        return isProperty ? .setProperty : nil
    }

    private mutating func addColumn() -> AlterAction? {
        _ = take("if", "not", "exists")
        guard name() != nil else { return nil }
        let words = Set(rest)
        if !words.isDisjoint(with: ["serial", "bigserial", "smallserial", "generated"]) { return .addComputedColumn }
        if !words.isDisjoint(with: ["check", "unique", "primary", "references"]) { return .addCheckedColumn }
        guard let word = rest.firstIndex(of: "default") else { return .addColumn }
        return Self.isConstant(rest[(word + 1)...]) ? .addColumn : .addComputedColumn
    }

    /// Whether the value after `default` is the same for all rows: a literal, or the time of the transaction.
    private static func isConstant(_ tokens: ArraySlice<String>) -> Bool {
        var tokens = tokens
        if tokens.first == "-" { tokens.removeFirst() }
        guard let value = tokens.popFirst() else { return false }
        if value == "now" { return tokens.starts(with: ["(", ")"]) }
        guard value == "'" || ["null", "true", "false", "current_timestamp"].contains(value) || Int64(value) != nil
        else {
            return false
        }
        return !tokens.contains("(")
    }

    // MARK: - Rows

    private mutating func truncate() -> StatementEffect? {
        _ = take("table")
        var tables: [String] = []
        repeat {
            guard let table = name() else { return nil }
            tables.append(table)
        } while take(",")
        return rest.isEmpty ? .truncate(tables) : nil
    }

    private mutating func insert() -> StatementEffect? {
        guard take("into"), let table = name() else { return nil }
        if take("(") { rest = rest.drop { $0 != ")" }.dropFirst() }
        guard take("select") || take("values") else { return nil }
        return .insert(table, sources: rowSources())
    }

    /// The tables after `from` and `join`, without those that are only read by a condition.
    private func rowSources() -> [String] {
        var sources: [String] = []
        for (index, token) in zip(rest.indices, rest) {
            if token == "where" { break }
            guard token == "from" || token == "join", let next = rest[(index + 1)...].first, isName(next) else {
                continue
            }
            sources.append(next)
        }
        return sources
    }

    private mutating func update() -> StatementEffect? {
        guard let table = name(), take("set") else { return nil }
        let isPosition = table == Self.positionTable
        return .update(table, requestsRebuild: isPosition && Self.requestsRebuild(rest))
    }

    /// The table of the rollups' position, with one row.
    private static let positionTable = "insight_position"

    /// Whether the rollups start over: by the column that requests it, or in early migrations by the position.
    private static func requestsRebuild(_ tokens: ArraySlice<String>) -> Bool {
        ["rebuild", "last_event_id"].contains { column in
            tokens.indices.contains { index in
                tokens[index...].starts(with: [column, "=", column == "rebuild" ? "1" : "0"])
            }
        }
    }

    private mutating func delete() -> StatementEffect? {
        guard take("from"), let table = name() else { return nil }
        guard !rest.isEmpty else { return .delete(table, all: true) }
        return take("where") ? .delete(table, all: false) : nil
    }
}
