import Texts

/// Dictionaries that map texts to the codes used in segments, one for each kind of text.
///
/// Codes are assigned in the order in which texts first appear. The number that a site may add per day is
/// limited; further texts get the code of `(other)`. The codes 0 ("") and 1 ("(other)") exist in every
/// dictionary and are not stored.
package struct DimensionDictionaries: Sendable {
    package static let none: UInt32 = 0
    package static let other: UInt32 = 1
    package static let otherText = "(other)"

    /// A dictionary entry, as stored in a row of `dimension_values`.
    package struct Entry: Sendable, Equatable {
        package var dictionary: Column.Dictionary
        package var code: UInt32
        package var text: String
        /// Code of the site that added it, and start of the UTC day in seconds since 1970.
        package var site: UInt32
        package var day: Int64
        /// Id of the event that added it.
        package var eventID: Int64

        package init(
            dictionary: Column.Dictionary,
            code: UInt32,
            text: String,
            site: UInt32,
            day: Int64,
            eventID: Int64 = 0
        ) {
            (self.dictionary, self.code, self.text) = (dictionary, code, text)
            (self.site, self.day, self.eventID) = (site, day, eventID)
        }
    }

    private struct Quota: Hashable {
        var dictionary: Column.Dictionary
        var site: UInt32
        var day: Int64
    }

    private var codes: [[ByteText: UInt32]]
    private var texts: [[String]]
    /// Ids of the events that added the texts, indexed by code.
    private var eventIDs: [[Int64]]
    private var added: [Quota: Int] = [:]
    /// Id of the event that is being encoded.
    ///
    /// An event that precedes the one that added a text did not get a code for it, because the limit was
    /// reached. It must not get one when it is read again either: its text stays `(other)`.
    package var eventID: Int64 = .max
    /// Entries that have not been written yet, in the order of their codes.
    package private(set) var pending: [Entry] = []

    package init() {
        let count = Int(Column.Dictionary.allCases.map(\.rawValue).max() ?? 0) + 1
        codes = Array(repeating: ["": Self.none, ByteText(Self.otherText): Self.other], count: count)
        texts = Array(repeating: ["", Self.otherText], count: count)
        eventIDs = Array(repeating: [.min, .min], count: count)
    }

    /// Returns the code of a text; adds the text if it is new and within the limits.
    ///
    /// `site` is the code of the site that sent it, 0 for the dictionary of sites; `day` is the start of the
    /// event's UTC day in seconds since 1970.
    package mutating func code(_ dictionary: Column.Dictionary, _ text: String, site: UInt32, day: Int64) -> UInt32 {
        let index = Int(dictionary.rawValue)
        if let known = codes[index][ByteText(text)] {
            return eventIDs[index][Int(known)] <= eventID ? known : Self.other
        }
        let quota = Quota(dictionary: dictionary, site: site, day: day)
        if let max = dictionary.newValuesPerDayMax {
            guard added[quota, default: 0] < max, count(dictionary) < Column.Dictionary.valuesMax else {
                return Self.other
            }
        }
        let entry = Entry(
            dictionary: dictionary,
            code: UInt32(count(dictionary)),
            text: text,
            site: site,
            day: day,
            eventID: eventID == .max ? 0 : eventID
        )
        insert(entry)
        pending.append(entry)
        return entry.code
    }

    /// The code of a text; nil when the dictionary does not contain it.
    package func code(of text: String, in dictionary: Column.Dictionary) -> UInt32? {
        codes[Int(dictionary.rawValue)][ByteText(text)]
    }

    /// The text of a code; `(other)` for an unknown code.
    package func text(_ code: UInt32, _ dictionary: Column.Dictionary) -> String {
        let texts = texts[Int(dictionary.rawValue)]
        return Int(code) < texts.count ? texts[Int(code)] : Self.otherText
    }

    /// All texts, indexed by code.
    package func texts(_ dictionary: Column.Dictionary) -> [String] { texts[Int(dictionary.rawValue)] }

    /// Number of texts, including the two fixed ones; the next code.
    package func count(_ dictionary: Column.Dictionary) -> Int { texts[Int(dictionary.rawValue)].count }

    /// Adds a stored entry; skips known ones.
    ///
    /// Entries of a dictionary must be loaded in the order of their codes.
    package mutating func load(_ entry: Entry) {
        guard Int(entry.code) == count(entry.dictionary) else { return }
        insert(entry)
    }

    private mutating func insert(_ entry: Entry) {
        let index = Int(entry.dictionary.rawValue)
        codes[index][ByteText(entry.text)] = entry.code
        texts[index].append(entry.text)
        eventIDs[index].append(entry.eventID)
        added[Quota(dictionary: entry.dictionary, site: entry.site, day: entry.day), default: 0] += 1
    }

    /// Call after `pending` has been committed.
    package mutating func keep() { pending = [] }

    /// Reverts pending entries; call when they could not be written.
    package mutating func undo() {
        for entry in pending.reversed() {
            let index = Int(entry.dictionary.rawValue)
            codes[index][ByteText(entry.text)] = nil
            texts[index].removeLast()
            eventIDs[index].removeLast()
            added[Quota(dictionary: entry.dictionary, site: entry.site, day: entry.day), default: 0] -= 1
        }
        pending = []
    }
}
