/// Suggests corrections for misspelled words.
enum Spelling {
    /// Length limit in bytes; longer words get no suggestion.
    private static let wordBytesMax = 64

    /// The known word with the smallest edit distance, or nil when the distance is too large.
    ///
    /// The limit is one edit for words of up to four letters, otherwise a third of the length, at most three.
    static func nearest(to word: String, in known: [String]) -> String? {
        let best = known.map { (word: $0, edits: edits(word.lowercased(), $0.lowercased())) }.min {
            $0.edits < $1.edits
        }
        guard let best else { return nil }
        let editsMax = best.word.utf8.count <= 4 ? 1 : min(3, best.word.utf8.count / 3)
        return best.edits <= editsMax ? best.word : nil
    }

    /// Edit distance: insertions, deletions, substitutions and swaps of neighbors.
    static func edits(_ one: String, _ other: String) -> Int {
        let (first, second) = (Array(one.utf8), Array(other.utf8))
        guard first.count <= wordBytesMax, second.count <= wordBytesMax else { return .max }
        var beforeLast: [Int] = []
        var last = Array(0...second.count)
        for row in first.indices {
            var current = [row + 1]
            for column in second.indices {
                let substitution = last[column] + (first[row] == second[column] ? 0 : 1)
                var cost = min(substitution, last[column + 1] + 1, current[column] + 1)
                let isSwap =
                    row > 0 && column > 0 && first[row] == second[column - 1] && first[row - 1] == second[column]
                if isSwap { cost = min(cost, beforeLast[column - 1] + 1) }
                current.append(cost)
            }
            (beforeLast, last) = (last, current)
        }
        return last[second.count]
    }
}
