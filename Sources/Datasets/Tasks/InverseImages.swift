/// Images by what they are inverted, to find a drawing again that was read with the other rule of ink.
///
/// Inverting before or after scaling differs by rounding, so that levels may be ``tolerance`` apart; and what padding adds beside a picture
/// is not inverted, so that an image with a frame of one level is also looked for with its frame unchanged.
struct InverseImages {
  /// How far apart levels may be: one rounding when a picture is imported, one when a run scales it.
  static let tolerance = 2

  private struct Entry {
    /// Sums of the levels in four parts, which tell nearly all images apart.
    var sums: SIMD4<Int32>
    /// The index in ``images``.
    var image: Int
    /// Whether the frame is as it was.
    var keepsFrame: Bool
  }

  private var images: [(key: ImageKey, place: Leak.Place)] = []
  /// By the images' shape, ordered by the first sum.
  private var entries: [[Int]: [Entry]] = [:]

  init(_ parts: [DisjointnessCheck.Part]) {
    for part in parts {
      for index in part.classes {
        let entry = part.dataset.classes[index]
        for image in 0..<entry.count {
          let key = ImageKey(part.dataset, classIndex: index, image: image)
          let sums = key.sums
          let shape = key.shape
          entries[shape, default: []].append(Entry(sums: key.fullSums &- sums, image: images.count, keepsFrame: false))
          if let frame = key.frame {
            entries[shape, default: []].append(
              Entry(sums: key.inverted(keeping: frame).quarterSums, image: images.count, keepsFrame: true))
          }
          images.append(
            (key, Leak.Place(split: part.split, dataset: part.dataset.name, name: entry.name, image: image)))
        }
      }
    }
    for shape in Array(entries.keys) { entries[shape]?.sort { $0.sums[0] < $1.sums[0] } }
  }

  /// Where the inverse of an image is; `nil` if it is not among these.
  func place(of key: ImageKey) -> Leak.Place? {
    guard let entries = entries[key.shape] else { return nil }
    if let found = place(of: Array(key.bytes), key.sums, among: entries, framesToo: true) { return found }
    guard let frame = key.frame else { return nil }
    // The frame of the other image is as this one's, and the rest inverted.
    let other = key.inverted(keeping: frame).map { 255 - $0 }
    return place(of: other, other.quarterSums, among: entries, framesToo: false)
  }

  private func place(
    of bytes: [UInt8], _ sums: SIMD4<Int32>, among entries: [Entry], framesToo: Bool
  ) -> Leak.Place? {
    let reach = Int32(Self.tolerance * (bytes.count / 4 + 3))
    // The first entry whose sum is not too small.
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].sums[0] < sums[0] - reach { low = middle + 1 } else { high = middle }
    }
    while low < entries.count, entries[low].sums[0] <= sums[0] + reach {
      let entry = entries[low]
      low += 1
      let apart = entry.sums &- sums
      guard framesToo || !entry.keepsFrame, all(apart .<= reach), all(apart .>= -reach) else { continue }
      let key = images[entry.image].key
      let frame = entry.keepsFrame ? key.frame : nil
      let isFound =
        frame.map { Self.areNear(key.inverted(keeping: $0), bytes, mask: 0) } ?? Self.areNear(key.bytes, bytes, mask: 255)
      if isFound { return images[entry.image].place }
    }
    return nil
  }

  /// Whether no two levels are further apart than the tolerance; those of `other` inverted where the mask is 255.
  private static func areNear(_ other: some Collection<UInt8>, _ bytes: [UInt8], mask: UInt8) -> Bool {
    let isNear = other.withContiguousStorageIfAvailable { other in
      bytes.withUnsafeBufferPointer { bytes in
        guard other.count == bytes.count else { return false }
        var index = 0
        while index < bytes.count {
          if abs(Int(other[index] ^ mask) - Int(bytes[index])) > tolerance { return false }
          index += 1
        }
        return true
      }
    }
    return isNear ?? false
  }
}

extension ImageKey {
  /// What is inside of rows and columns of one level, which touch the image's edge.
  fileprivate struct Frame {
    var rows: Range<Int>
    var columns: Range<Int>
  }

  fileprivate var shape: [Int] { [height, width, bytes.count] }

  fileprivate var sums: SIMD4<Int32> { bytes.quarterSums }

  /// The sums of a white image.
  fileprivate var fullSums: SIMD4<Int32> {
    let count = bytes.count
    return SIMD4((0..<4).map { Int32(255 * ((count * ($0 + 1)) / 4 - count * $0 / 4)) })
  }

  /// The frame, where there is one beside or above and below something, as padding makes it; `nil` if there is none.
  fileprivate var frame: Frame? {
    bytes.withUnsafeBufferPointer { pixels -> Frame? in
      let channels = pixels.count / max(1, height * width)
      guard let level = pixels.first else { return nil }
      func isPlain(row: Int) -> Bool {
        (row * width * channels..<(row + 1) * width * channels).allSatisfy { pixels[$0] == level }
      }
      func isPlain(column: Int) -> Bool {
        (0..<height).allSatisfy { row in
          ((row * width + column) * channels..<(row * width + column + 1) * channels).allSatisfy { pixels[$0] == level }
        }
      }
      // Padding is on two sides that face each other; a picture whose whole edge is plain is a drawing with a margin.
      let hasRows = isPlain(row: 0) || isPlain(row: height - 1)
      guard hasRows != (isPlain(column: 0) || isPlain(column: width - 1)) else { return nil }
      var (rows, columns) = (0..<height, 0..<width)
      while let row = rows.first, isPlain(row: row) { rows = rows.dropFirst() }
      guard !rows.isEmpty else { return nil }
      while let row = rows.last, isPlain(row: row) { rows = rows.dropLast() }
      while let column = columns.first, isPlain(column: column) { columns = columns.dropFirst() }
      while let column = columns.last, isPlain(column: column) { columns = columns.dropLast() }
      return Frame(rows: rows, columns: columns)
    }
  }

  /// The bytes inverted, except for the frame.
  fileprivate func inverted(keeping frame: Frame) -> [UInt8] {
    var result = Array(bytes)
    let channels = result.count / max(1, height * width)
    for row in frame.rows {
      for index in (row * width + frame.columns.lowerBound) * channels..<(row * width + frame.columns.upperBound) * channels {
        result[index] = 255 - result[index]
      }
    }
    return result
  }
}

extension Collection where Element == UInt8, Index == Int {
  /// The sums of four equal parts.
  fileprivate var quarterSums: SIMD4<Int32> {
    let sums = withContiguousStorageIfAvailable { pixels in
      SIMD4(
        (0..<4).map { part in
          var (sum, index) = (Int32(0), pixels.count * part / 4)
          while index < pixels.count * (part + 1) / 4 {
            sum &+= Int32(pixels[index])
            index += 1
          }
          return sum
        })
    }
    return sums ?? SIMD4()
  }
}
