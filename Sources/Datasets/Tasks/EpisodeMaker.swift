import Basics

/// Makes the pixels of described tasks from data sets held in memory.
public struct EpisodeMaker: Sendable {
  /// How bytes become numbers.
  public let scaling: PixelScaling
  private let datasets: [String: ImageDataset]
  private let table: [Float]

  /// A maker for tasks of the given data sets.
  ///
  /// - Throws: ``TaskError/duplicateDatasetName(_:)``, ``TaskError/badScaling(_:)``.
  public init(datasets: [ImageDataset], scaling: PixelScaling = .unit) throws {
    var byName = [String: ImageDataset]()
    for dataset in datasets where byName.updateValue(dataset, forKey: dataset.name) != nil {
      throw TaskError.duplicateDatasetName(dataset.name)
    }
    self.datasets = byName
    self.scaling = scaling
    table = try scaling.checkedTable()
  }

  /// The pixels of a task. Equal descriptions give equal episodes.
  ///
  /// - Throws: ``TaskError/datasetNotLoaded(name:loaded:)``, ``TaskError/descriptionDoesNotFit(dataset:reason:)``.
  public func episode(_ description: TaskDescription) throws -> Episode {
    guard let dataset = datasets[description.dataset] else {
      throw TaskError.datasetNotLoaded(name: description.dataset, loaded: datasets.keys.sorted())
    }
    try Self.check(description, against: dataset)
    let supportCount = description.classes.reduce(0) { $0 + $1.support.count }
    var images = [Placement]()
    for (label, draw) in description.classes.enumerated() {
      images += draw.support.map { Placement(label: label, classIndex: draw.classIndex, image: $0, rotation: draw.rotation) }
    }
    for (label, draw) in description.classes.enumerated() {
      images += draw.query.map { Placement(label: label, classIndex: draw.classIndex, image: $0, rotation: draw.rotation) }
    }
    Self.augment(&images, description)
    let support = images[..<supportCount]
    let query = images[supportCount...]
    return Episode(
      description: description, support: batch(support, of: dataset), supportLabels: support.map(\.label),
      query: batch(query, of: dataset), queryLabels: query.map(\.label))
  }

  /// One image of an episode and what is done to it.
  private struct Placement {
    var label: Int
    var classIndex: Int
    var image: Int
    var rotation: Int
    var rowShift = 0
    var columnShift = 0
    var flipped = false
    var flippedVertically = false
    /// Top, left and share of the sides of the part that is enlarged to the whole.
    var crop: (top: Float, left: Float, share: Float)?
    var staysInPlace: Bool { rowShift == 0 && columnShift == 0 && !flipped && !flippedVertically && crop == nil }
  }

  /// Draws shifts and flips for the images in their order.
  private static func augment(_ images: inout [Placement], _ description: TaskDescription) {
    let augmentation = description.augmentation
    guard !augmentation.isNone else { return }
    var random = Philox(
      seed: description.seed, stream: "augmentation/\(description.split.rawValue)", index: UInt64(description.index))
    let span = 2 * augmentation.maximumShift + 1
    for position in images.indices {
      images[position].rowShift = random.nextInt(below: span) - augmentation.maximumShift
      images[position].columnShift = random.nextInt(below: span) - augmentation.maximumShift
      images[position].flipped = augmentation.horizontalFlip && random.nextBool()
      images[position].flippedVertically = augmentation.verticalFlip && random.nextBool()
      guard augmentation.smallestCrop < 1 else { continue }
      let share = random.nextDouble(from: augmentation.smallestCrop, to: 1)
      let (top, left) = (random.nextDouble() * (1 - share), random.nextDouble() * (1 - share))
      images[position].crop = (Float(top), Float(left), Float(share))
    }
  }

  private func batch(_ images: ArraySlice<Placement>, of dataset: ImageDataset) -> ImageBatch {
    let size = dataset.bytesPerImage
    // Where each byte of a turned image comes from, once for all images of the batch.
    let turned = Dictionary(uniqueKeysWithValues: Set(images.map(\.rotation)).map { ($0, Self.sources(turns: $0, dataset)) })
    let pixels = [Float](unsafeUninitializedCapacity: images.count * size) { target, initialized in
      dataset.pixels.withUnsafeBufferPointer { source in
        table.withUnsafeBufferPointer { table in
          for (position, image) in images.enumerated() {
            let start = (dataset.offsets[image.classIndex] + image.image) * size
            let from = UnsafeBufferPointer(rebasing: source[start..<start + size])
            let to = UnsafeMutableBufferPointer(rebasing: target[position * size..<(position + 1) * size])
            (turned[image.rotation] ?? []).withUnsafeBufferPointer { sources in
              if image.staysInPlace {
                for offset in 0..<size { to[offset] = table[Int(from[sources[offset]])] }
              } else if let crop = image.crop {
                let shifted = UnsafeMutableBufferPointer<Float>.allocate(capacity: size)
                defer { shifted.deallocate() }
                Self.copy(image, from, sources, shifted, dataset, table)
                Self.enlarge(crop, UnsafeBufferPointer(shifted), to, dataset)
              } else {
                Self.copy(image, from, sources, to, dataset, table)
              }
            }
          }
        }
      }
      initialized = images.count * size
    }
    return ImageBatch(
      count: images.count, height: dataset.height, width: dataset.width, channels: dataset.channels, pixels: pixels)
  }

  /// The offset of the source byte of each byte of a turned image.
  private static func sources(turns: Int, _ dataset: ImageDataset) -> [Int] {
    let (height, width, channels) = (dataset.height, dataset.width, dataset.channels)
    guard turns != 0 else { return Array(0..<dataset.bytesPerImage) }
    // Turned images are square (checked), so the width is the side.
    return (0..<height * width).flatMap { position in
      let source = QuarterTurn.sourceOffset(row: position / width, column: position % width, side: width, turns: turns)
      return (0..<channels).map { source * channels + $0 }
    }
  }

  /// Copies one image turned, then mirrored, then shifted; uncovered pixels become the value of byte 0.
  private static func copy(
    _ image: Placement, _ from: UnsafeBufferPointer<UInt8>, _ sources: UnsafeBufferPointer<Int>,
    _ to: UnsafeMutableBufferPointer<Float>, _ dataset: ImageDataset, _ table: UnsafeBufferPointer<Float>
  ) {
    let (height, width, channels) = (dataset.height, dataset.width, dataset.channels)
    for row in 0..<height {
      for column in 0..<width {
        let target = (row * width + column) * channels
        var sourceRow = row - image.rowShift
        var sourceColumn = column - image.columnShift
        let isCovered = sourceRow >= 0 && sourceRow < height && sourceColumn >= 0 && sourceColumn < width
        if image.flipped { sourceColumn = width - 1 - sourceColumn }
        if image.flippedVertically { sourceRow = height - 1 - sourceRow }
        for channel in 0..<channels {
          let value = isCovered ? from[sources[(sourceRow * width + sourceColumn) * channels + channel]] : 0
          to[target + channel] = table[Int(value)]
        }
      }
    }
  }

  /// Enlarges a part of an image to the whole, bilinearly between pixel centres; beyond the outermost centres they go on.
  private static func enlarge(
    _ crop: (top: Float, left: Float, share: Float), _ from: UnsafeBufferPointer<Float>,
    _ to: UnsafeMutableBufferPointer<Float>, _ dataset: ImageDataset
  ) {
    let (height, width, channels) = (dataset.height, dataset.width, dataset.channels)
    for row in 0..<height {
      let y = min(Float(height - 1), max(0, crop.top * Float(height) + (Float(row) + 0.5) * crop.share - 0.5))
      let (upper, lower) = (Int(y), min(height - 1, Int(y) + 1))
      let down = y - Float(upper)
      for column in 0..<width {
        let x = min(Float(width - 1), max(0, crop.left * Float(width) + (Float(column) + 0.5) * crop.share - 0.5))
        let (left, right) = (Int(x), min(width - 1, Int(x) + 1))
        let across = x - Float(left)
        for channel in 0..<channels {
          func value(_ row: Int, _ column: Int) -> Float { from[(row * width + column) * channels + channel] }
          let above = value(upper, left) + across * (value(upper, right) - value(upper, left))
          let below = value(lower, left) + across * (value(lower, right) - value(lower, left))
          to[(row * width + column) * channels + channel] = above + down * (below - above)
        }
      }
    }
  }

  /// A decoded description may hold anything.
  private static func check(_ description: TaskDescription, against dataset: ImageDataset) throws {
    func refuse(_ reason: String) -> TaskError { .descriptionDoesNotFit(dataset: dataset.name, reason: reason) }
    guard !description.classes.isEmpty, description.index >= 0 else { throw refuse("it has no classes or a negative index") }
    guard description.augmentation.maximumShift < 1 << 20 else { throw refuse("its shift is out of bounds") }
    for (label, draw) in description.classes.enumerated() {
      guard dataset.classes.indices.contains(draw.classIndex) else {
        throw refuse("label \(label) is class \(draw.classIndex) of \(dataset.classes.count)")
      }
      let entry = dataset.classes[draw.classIndex]
      for image in draw.support + draw.query where image < 0 || image >= entry.count {
        throw refuse("image \(image) of class '\(entry.name)', which has \(entry.count)")
      }
      guard (0..<4).contains(draw.rotation), draw.rotation == 0 || dataset.height == dataset.width else {
        throw refuse("label \(label) is turned by \(draw.rotation) quarter turns (0…3, and square images only)")
      }
      if let image = Set(draw.support).intersection(draw.query).min() {
        throw refuse("image \(image) of class '\(entry.name)' is both support and query")
      }
    }
  }
}
