package import Storage

/// Stores goals and saved funnels.
package struct GoalTables {
    let database: any Database

    package init(_ database: any Database) { self.database = database }

    // MARK: - Goals

    /// Goals in the order in which they were created; with a site, those of the site and those of all sites.
    package func goals(site: String? = nil) throws(ReportError) -> [Goal] {
        let rows = try database.reportRows(
            """
            select id, site, name, type, match, property, property_value, created_at from insight_goals
            \(Self.condition(site)) order by created_at, id
            """,
            site.map { [.text($0)] } ?? []
        )
        return rows.compactMap { row in
            guard let id = row[0].text, let type = row[3].text, let match = row[4].text else { return nil }
            // A row that another program changed is no goal.
            let found = try? Milestone(type, match, property: row[5].text, value: row[6].text)
            guard let milestone = found else { return nil }
            return Goal(
                id: id,
                site: row[1].text,
                name: row[2].text ?? "",
                milestone: milestone,
                createdAt: row[7].integer ?? 0
            )
        }
    }

    /// Adds a goal.
    ///
    /// - Throws: a refusal when its site has `Goal.perSiteMax` goals.
    package func add(_ goal: Goal) throws(ReportError) {
        let columns = "id, site, name, type, match, property, property_value, created_at"
        let values = [.text(goal.id)] + goal.values + [.integer(goal.createdAt)]
        try add(to: "insight_goals", columns, values, max: Goal.perSiteMax)
    }

    /// Changes a goal; returns false when there is none with its id.
    package func update(_ goal: Goal) throws(ReportError) -> Bool {
        let sql = """
            update insight_goals set site = ?2, name = ?3, type = ?4, match = ?5, property = ?6, property_value = ?7
            where id = ?1 returning id
            """
        return try !database.reportRows(sql, [.text(goal.id)] + goal.values).isEmpty
    }

    /// Removes a goal; returns false when there is none with this id.
    package func removeGoal(_ id: String) throws(ReportError) -> Bool {
        try !database.reportRows("delete from insight_goals where id = ?1 returning id", [.text(id)]).isEmpty
    }

    // MARK: - Funnels

    /// Funnels in the order in which they were created; with a site, those of the site and those of all sites.
    package func funnels(site: String? = nil) throws(ReportError) -> [Funnel] {
        let rows = try database.reportRows(
            """
            select id, site, name, steps, scope, window_seconds, created_at from insight_funnels
            \(Self.condition(site)) order by created_at, id
            """,
            site.map { [.text($0)] } ?? []
        )
        return rows.compactMap { row in
            guard let id = row[0].text, let steps = row[3].text else { return nil }
            return Funnel(
                id: id,
                site: row[1].text,
                name: row[2].text ?? "",
                steps: steps,
                scope: row[4].text.flatMap { Funnel.Scope(rawValue: $0) } ?? .session,
                window: row[5].integer,
                createdAt: row[6].integer ?? 0
            )
        }
    }

    /// Adds a funnel.
    ///
    /// - Throws: a refusal when its site has `Funnel.perSiteMax` funnels.
    package func add(_ funnel: Funnel) throws(ReportError) {
        let columns = "id, site, name, steps, scope, window_seconds, created_at"
        let values = [.text(funnel.id)] + funnel.values + [.integer(funnel.createdAt)]
        try add(to: "insight_funnels", columns, values, max: Funnel.perSiteMax)
    }

    /// Changes a funnel; returns false when there is none with its id.
    package func update(_ funnel: Funnel) throws(ReportError) -> Bool {
        let sql = """
            update insight_funnels set site = ?2, name = ?3, steps = ?4, scope = ?5, window_seconds = ?6
            where id = ?1 returning id
            """
        return try !database.reportRows(sql, [.text(funnel.id)] + funnel.values).isEmpty
    }

    /// Removes a funnel; returns false when there is none with this id.
    package func removeFunnel(_ id: String) throws(ReportError) -> Bool {
        try !database.reportRows("delete from insight_funnels where id = ?1 returning id", [.text(id)]).isEmpty
    }

    private static func condition(_ site: String?) -> String { site == nil ? "" : "where site is null or site = ?1" }

    /// Adds a row unless its site has `max` rows.
    private func add(to table: String, _ columns: String, _ values: [SQLValue], max: Int) throws(ReportError) {
        guard try database.addLimited(to: table, columns, values, max: Int64(max), group: "site") else {
            throw .refused("A site has \(max) at most: remove one first")
        }
    }
}

extension Goal {
    /// The values of the columns from `site` to `property_value`.
    fileprivate var values: [SQLValue] {
        let columns: (type: String, match: String, property: Milestone.Property?) =
            switch milestone {
            case .page(let pattern): ("page", pattern, nil)
            case .event(let name, let property): ("event", name, property)
            case .goal(let id): ("goal", id, nil)
            }
        return [
            SQLValue(site), .text(name), .text(columns.type), .text(columns.match),
            SQLValue(columns.property?.name), SQLValue(columns.property?.value),
        ]
    }
}

extension Funnel {
    /// The values of the columns from `site` to `window_seconds`.
    fileprivate var values: [SQLValue] {
        [
            SQLValue(site), .text(name), .text(steps), .text(scope.rawValue),
            SQLValue(window),
        ]
    }
}
