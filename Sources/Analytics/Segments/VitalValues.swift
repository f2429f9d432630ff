/// The values of a page view's vitals, indexed by `Vital.rawValue`; nil when not reported.
///
/// Not an array, so that copying a page view allocates and counts nothing.
package struct VitalValues: Sendable {
    /// NaN when not reported.
    private var values = InlineArray<5, Float>(repeating: .nan)

    package init() {}
}

extension VitalValues: RandomAccessCollection, MutableCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { values.count }

    package subscript(index: Int) -> Float? {
        get { values[index].isNaN ? nil : values[index] }
        set { values[index] = newValue ?? .nan }
    }
}

extension VitalValues: Equatable {
    package static func == (one: VitalValues, other: VitalValues) -> Bool { one.elementsEqual(other) }
}

extension VitalValues: ExpressibleByArrayLiteral {
    package init(arrayLiteral elements: Float?...) {
        for (index, element) in elements.enumerated() { self[index] = element }
    }
}
