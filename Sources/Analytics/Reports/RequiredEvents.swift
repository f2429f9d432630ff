import Events
import Rollups
import Storage

extension Database {
    /// The time before which retention has removed events, in seconds since 1970; 0 if it has removed none.
    func eventsBorder() throws(ReportError) -> Int64 {
        do throws(StoreError) { return try RollupPosition.read(self).retainedFrom } catch { throw .store(error) }
    }

    /// Refuses a report that reads stored events of a range of which retention has removed some.
    ///
    /// `from` is in seconds since 1970. `what` begins the sentence, such as "Filters on visitors".
    func requireEvents(from: Int64, _ what: String) throws(ReportError) {
        let border = try eventsBorder()
        guard border > from else { return }
        let time = TimestampText.minute(border)
        throw .refused(
            "\(what) read stored events, and those before \(time) UTC have been removed: choose a later range"
        )
    }
}
