import Testing

@testable import Imports

@Suite struct FormatTests {
    @Test func `the format follows from the first bytes`() throws {
        func detect(_ text: String) throws -> ImportFormat { try ImportFormat.detect(Array(text.utf8)) }
        #expect(try detect(ExportSamples.goatCounterHeader) == .goatcounter)
        #expect(try detect(ExportSamples.umamiHeader) == .umami)
        #expect(try detect("\"session_id\",\"created_at\",\"url_path\",\"event_type\"") == .umami)
        #expect(try detect(" \n[") == .matomo)
        #expect(try detect(#"{"result":"error"}"#) == .matomo)
    }

    @Test func `other versions and other files are refused with a reason`() {
        func reason(_ text: String) -> String {
            do throws(ImportError) {
                _ = try ImportFormat.detect(Array(text.utf8))
                return ""
            } catch { return error.reason }
        }
        #expect(reason("1Path,Title,Event").contains("version 1 of the format, but only version 2"))
        #expect(reason("3" + ExportSamples.goatCounterHeader.dropFirst()).contains("version 3"))
        #expect(reason("2Path,Title\n").contains("all of its columns"))
        #expect(reason("name,value\n/,3\n").contains("no export of page views"))
        #expect(reason("\u{0}\u{1}").contains("no export of page views"))
        #expect(reason("PK\u{3}\u{4}xxwebsite_event.csv").contains("unpack it, and import website_event.csv"))
    }

    @Test(arguments: [
        "PK\u{3}\u{4}....imported_visitors_20240101_20241231.csv",
        "\"date\",\"visitors\",\"pageviews\",\"bounces\",\"visits\",\"visit_duration\"\n",
        "date,hostname,page,visits,visitors,pageviews\n",
    ])
    func `totals of Plausible are refused, since visitors cannot be computed from them`(text: String) {
        #expect {
            _ = try ImportFormat.detect(Array(text.utf8))
        } throws: { error in
            (error as? ImportError)?.reason.contains("totals of days without visits") == true
        }
    }
}
