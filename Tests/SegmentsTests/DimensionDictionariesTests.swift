import Segments
import Testing

@Suite struct `Dictionaries of dimension values` {
    @Test func `give a text one code, and the code its text`() {
        var dictionaries = DimensionDictionaries()
        let code = dictionaries.code(.path, "/a", site: 2, day: 0)
        #expect(dictionaries.code(.path, "/a", site: 3, day: 86_400) == code)
        #expect(dictionaries.text(code, .path) == "/a")
        #expect(dictionaries.code(.path, "", site: 2, day: 0) == DimensionDictionaries.none)
    }

    @Test func `count new values beyond the daily limit of a site as other, until the next day`() {
        var dictionaries = DimensionDictionaries()
        let codes = (0...1000).map { dictionaries.code(.path, "/\($0)", site: 2, day: 0) }
        #expect(codes.last == DimensionDictionaries.other)
        #expect(dictionaries.code(.path, "/1000", site: 2, day: 86_400) != DimensionDictionaries.other)
        #expect(dictionaries.code(.path, "/another", site: 3, day: 0) != DimensionDictionaries.other)
    }

    @Test func `forget values that could not be written`() {
        var dictionaries = DimensionDictionaries()
        _ = dictionaries.code(.browser, "Chrome", site: 2, day: 0)
        dictionaries.undo()
        #expect(dictionaries.pending.isEmpty && dictionaries.code(of: "Chrome", in: .browser) == nil)
        #expect(dictionaries.code(.browser, "Firefox", site: 2, day: 0) == 2)
    }
}
