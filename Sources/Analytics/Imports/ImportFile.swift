import Compression
import Files
import Glibc

/// Reads a file of an export in parts, decompressed if it is compressed by gzip.
struct ImportFile {
    /// Bytes of the file that are read at once; compressed ones become 16 MiB at most.
    private static let partBytes = 16 << 10
    private static let gzipMagic: [UInt8] = [0x1F, 0x8B]

    let path: String
    /// Its size in bytes, compressed if it is.
    let size: Int64

    init(_ path: String) throws {
        self.path = path
        let file = try SmallFile(path)
        guard file.isRegular else { throw ImportError("\(path) is no regular file; nothing was changed") }
        size = Int64(file.status.st_size)
        guard size > 0 else { throw ImportError("\(path) is empty; nothing was changed") }
    }

    /// Calls `body` with each part and the number of bytes of the file that were read, until it returns false.
    ///
    /// - Returns: whether the end was reached.
    /// - Throws: `ImportError` when a compressed file is damaged, or the text is beyond `bytesMax`.
    func each(bytesMax: Int64, _ body: ([UInt8], _ done: Int64) throws -> Bool) throws -> Bool {
        let parts = try FileParts(path)
        var (done, expanded): (Int64, Int64) = (0, 0)
        var part = try parts.next(Self.partBytes)
        let isCompressed = part.starts(with: Self.gzipMagic)
        var decoder = try GzipParts()
        while !part.isEmpty {
            done += Int64(part.count)
            let text = try isCompressed ? expand(part, &decoder) : part
            expanded += Int64(text.count)
            guard expanded <= bytesMax else {
                throw ImportError(
                    "\(path) has more than \(bytesMax >> 20) MiB of text: split the export by time; nothing was changed"
                )
            }
            guard try body(text, done) else { return false }
            part = try parts.next(Self.partBytes)
        }
        guard !isCompressed || decoder.isFinished else { throw damaged }
        return true
    }

    private func expand(_ part: [UInt8], _ decoder: inout GzipParts) throws(ImportError) -> [UInt8] {
        var text: [UInt8] = []
        do throws(ExpansionError) { try decoder.append(part, to: &text) } catch { throw damaged }
        return text
    }

    private var damaged: ImportError {
        ImportError("\(path) is damaged or incomplete: its gzip data ends too early; nothing was changed")
    }
}
