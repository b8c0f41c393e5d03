import Basics
import Foundation

extension Journal {
  /// What a journal says, and what is wrong with it.
  package struct Reading: Sendable {
    /// A line that is as it was written.
    package struct Line: Sendable, Equatable {
      /// Its place in the file, from 1.
      package var place: Int
      /// A JSON object, without the line's seal.
      package var text: String
    }

    /// The lines that are whole, in their order.
    package var lines: [Line] = []
    /// What is wrong, a sentence each, with the places of the lines.
    package var damage: [String] = []
    /// Whether lines have checksums; `true` where there are none.
    package var isSealed = true
    /// Whether half a line of a killed process ends the file.
    package var endsInHalfALine = false

    /// The texts only.
    package var texts: [String] { lines.map(\.text) }
  }

  /// Reads what can be read of a journal; damage is no error here.
  ///
  /// - Parameter owner: what the journal belongs to.
  /// - Throws: `RunError` where the file cannot be read at all.
  package static func reading(_ path: String, owner: String = "") throws(RunError) -> Reading {
    do {
      return read(try ByteFile.read(path, limit: 4 << 30), owner: owner)
    } catch {
      throw RunError(.system(action: "read it", reason: error.reason), path: path)
    }
  }

  /// The same of bytes.
  static func read(_ bytes: [UInt8], owner: String) -> Reading {
    var reading = Reading()
    var (isMixed, last) = (false, 0)
    var start = 0
    var place = 0
    var unsealed: [Int] = []
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: 10) ?? bytes.count
      let isWhole = end < bytes.count
      let line = bytes[start..<end]
      start = end + 1
      if line.isEmpty { continue }
      place += 1
      do throws(Seal.Flaw) {
        // Where only the end of the last line is damaged, the line itself is whole.
        let trimmed = isWhole ? nil : (try? Seal.open(line: line.dropLast(), owner: owner)) ?? nil
        let found = if let trimmed { trimmed } else { try Seal.open(line: line, owner: owner) }
        guard let opened = found else {
          guard isWhole else {
            // What a process that was killed leaves; it has not said it to anybody.
            reading.endsInHalfALine = true
            continue
          }
          guard line.first == UInt8(ascii: "{"), line.last == UInt8(ascii: "}") else {
            reading.damage.append("line \(place) is not a JSON object")
            continue
          }
          unsealed.append(place)
          reading.lines.append(.init(place: place, text: String(decoding: line, as: UTF8.self)))
          continue
        }
        isMixed = true
        reading.endsInHalfALine = !isWhole
        if opened.number <= last {
          reading.damage.append("line \(place) repeats line \(opened.number), or stands in another's place")
          continue
        }
        if opened.number > last + 1 {
          let lost = last + 1 == opened.number - 1 ? "line \(last + 1) is" : "lines \(last + 1) to \(opened.number - 1) are"
          // A damaged line in their place has been named already.
          if place <= opened.number - 1 { reading.damage.append("\(lost) missing before line \(place)") }
        }
        last = opened.number
        reading.lines.append(.init(place: place, text: String(decoding: opened.content, as: UTF8.self)))
      } catch {
        isMixed = true
        reading.endsInHalfALine = !isWhole
        reading.damage.append("line \(place) is damaged, or of another journal: its checksum does not match")
      }
    }
    if isMixed {
      for place in unsealed { reading.damage.append("line \(place) \(Seal.missing)") }
      reading.lines.removeAll { unsealed.contains($0.place) }
    }
    reading.isSealed = isMixed || reading.lines.isEmpty
    return reading
  }

  /// What is said where lines are left out.
  package static func note(_ reading: Reading, of file: String, keptAs kept: String) -> String {
    let more = reading.damage.count > 3 ? "; and \(reading.damage.count - 3) more" : ""
    return
      "\(file): \(reading.damage.prefix(3).joined(separator: "; "))\(more); the file is kept as \(kept), and what is whole of it is used"
  }
}
