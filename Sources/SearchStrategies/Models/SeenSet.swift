/// A set that remembers the order in which its elements came, so that equal histories are coded as equal bytes.
struct SeenSet<Element: Hashable & Codable & Sendable>: Sendable {
  private(set) var elements: [Element] = []
  private var lookup: Set<Element> = []

  init() {}

  func contains(_ element: Element) -> Bool { lookup.contains(element) }

  mutating func insert(_ element: Element) {
    if lookup.insert(element).inserted { elements.append(element) }
  }
}

extension SeenSet: Codable {
  init(from decoder: any Decoder) throws {
    for element in try decoder.singleValueContainer().decode([Element].self) { insert(element) }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(elements)
  }
}
